"""Plain builders of what tests need. Real rows, real picture files, real map files."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from PIL import Image
from safetensors.numpy import save_file

from annotator.domain import experiments
from annotator.domain.design import studies
from annotator.domain.material import generations
from annotator.domain.raters import recruitment
from annotator.domain.rating import assignments
from annotator.enums import Panel, Phase
from annotator.files import Draft
from annotator.models import (
    Example,
    Experiment,
    Generation,
    HeatMap,
    PanelLink,
    Participant,
    Prompt,
    PromptBatch,
    Rater,
    Study,
    Word,
)

# text, part of speech, dependency, head
SENTENCE = (
    ("a", "DET", "det", 2),
    ("red", "ADJ", "amod", 2),
    ("circle", "NOUN", "nsubj", 3),
    ("rolls", "VERB", "ROOT", 3),
    ("quickly", "ADV", "advmod", 3),
)
SIDE = 32


def make_study(owner: User, **fields: Any) -> Study:
    defaults: dict[str, Any] = {
        "name": "Word heat maps",
        "parts_of_speech": ["NOUN", "VERB", "ADJ"],
        "items_per_part_of_speech": 4,
        "ratings_per_item": 2,
        "seed": 7,
    }
    return Study.objects.create(owner=owner, **(defaults | fields))


def make_batch(study: Study, **fields: Any) -> PromptBatch:
    defaults: dict[str, Any] = {"file_name": "prompts.csv", "sha256": uuid.uuid4().hex * 2}
    return PromptBatch.objects.create(study=study, **(defaults | fields))


def make_prompt(
    study: Study,
    *,
    batch: PromptBatch | None = None,
    seed: int = 0,
    sentence: Sequence[tuple[str, str, str, int]] = SENTENCE,
) -> Prompt:
    batch = batch or study.batches.first() or make_batch(study)
    text = " ".join(word for word, *_ in sentence)
    prompt = Prompt.objects.create(study=study, batch=batch, line=seed + 1, text=text, seed=seed)
    words, start = [], 0
    for index, (word, pos, dependency, head) in enumerate(sentence):
        words.append(
            Word(
                prompt=prompt,
                index=index,
                text=word,
                start=start,
                end=start + len(word),
                lemma=word,
                pos=pos,
                dependency=dependency,
                head_index=head,
            )
        )
        start += len(word) + 1
    Word.objects.bulk_create(words)
    return prompt


def make_files(name: str, words: int, seed: int = 0) -> tuple[str, str]:
    """A picture and a file of maps under MEDIA_ROOT, as a worker writes them."""
    rng = np.random.default_rng(seed)
    folder = Path(settings.MEDIA_ROOT)
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    (folder / "maps").mkdir(parents=True, exist_ok=True)
    picture, maps = f"pictures/{name}.webp", f"maps/{name}.safetensors"
    pixels = rng.integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / picture, lossless=True, method=0)
    soft = rng.random((words, SIDE, SIDE)).astype(np.float16)
    save_file({"soft": soft}, folder / maps)
    return picture, maps


def make_generation(prompt: Prompt) -> Generation:
    """The prompt's finished picture by each model of its study; returns the first."""
    generations.request_generations(study=prompt.study, prompts=[prompt])
    first, *_ = [paint(one) for one in prompt.generations.order_by("pk")]
    return first


def paint(generation: Generation, words: Sequence[int] | None = None) -> Generation:
    """A queued picture as a worker finishes it, with a heat map for these words; None: all."""
    (claimed,) = generations.claim(keys=[generation.pk])
    return finish(claimed, words)


def finish(generation: Generation, words: Sequence[int] | None = None) -> Generation:
    """The same of a picture that is claimed."""
    prompt = generation.prompt
    count = prompt.words.count()
    picture, maps = make_files(uuid.uuid4().hex, count, seed=prompt.seed)
    others = [one for one in generation.conditions if not one.is_whole]
    recorded = generations.record(
        generation=generation,
        recording=generations.Recording(
            image_file=picture,
            maps_file=maps,
            width=SIDE,
            height=SIDE,
            seconds=0.5,
            heat_maps=[
                generations.RecordedMap(word_index=index, row=index, peak=1.0, floor=0.0)
                for index in (range(count) if words is None else words)
            ],
            condition_files={
                one.name: make_files(uuid.uuid4().hex, count, seed=1000 + number)[1]
                for number, one in enumerate(others)
            },
            provenance={"model": generation.painter, "steps": 30, "seed": prompt.seed},
        ),
    )
    assert recorded
    generation.refresh_from_db()
    return generation


def make_open_study(owner: User, *, prompts: int = 4, **fields: Any) -> Study:
    """A study with pictures, items and an invitation, open for raters."""
    study = make_study(owner, **fields)
    made = [make_prompt(study, seed=seed) for seed in range(prompts)]
    generations.request_generations(study=study, prompts=made)
    for claimed in generations.claim(keys=list(study.generations.values_list("pk", flat=True))):
        finish(claimed)
    studies.open_study(study=study, user=owner)
    studies.invite(study=study)
    study.refresh_from_db()
    return study


def make_rater(study: Study, phase: Phase = Phase.RATING) -> Rater:
    invitation = study.invitations.first()
    assert invitation is not None
    rater = recruitment.join_study(invitation=invitation, consent_text="I agree.")
    rater.phase = phase
    rater.save()
    return rater


def make_example(
    study: Study, phase: Phase = Phase.TRAINING, *, right: int | str = 4, **fields: Any
) -> Example:
    """An example with the study's first noun; `right` is the accepted score or opt-out."""
    heat_map = HeatMap.objects.filter(generation__study=study, word__pos="NOUN").earliest("pk")
    accepted: dict[str, Any] = (
        {"lowest": right, "highest": right} if isinstance(right, int) else {"opt_out": right}
    )
    defaults = {"phase": phase, "word": heat_map.word, "heat_map": heat_map} | accepted
    return Example.objects.create(study=study, **(defaults | fields))


def join_panel(rater: Rater, panel: Panel) -> None:
    """Let a rater have come from a panel, by the link they came by."""
    PanelLink.objects.update_or_create(
        invitation=rater.invitation,
        defaults={
            "panel": panel,
            "finished_code": "C1",
            "screened_out_code": "C2",
            "credit_address": "https://school.example/credit",
        },
    )
    Participant.objects.update_or_create(
        rater=rater,
        defaults={
            "study": rater.study,
            "panel": panel,
            "identifier": "W1",
            "submission": "A1",
            "return_to": "https://www.mturk.com",
        },
    )


def rate(rater: Rater, score: int | None = 3, *, opt_out: str = "", count: int = 1) -> None:
    """Let a rater answer their next items."""
    for _ in range(count):
        (assignment,) = assignments.draw(rater=rater, count=1)
        assignments.submit_rating(
            assignment=assignment,
            answer=assignments.Answer(
                answer_id=uuid.uuid4(), score=score, opt_out=opt_out, painted_at=timezone.now()
            ),
        )


RESULT = {
    "experiment": "segmentation",
    "tables": [
        {
            "name": "segmentation",
            "title": "mIoU over 3 nouns in 2 pictures",
            "columns": ["method", "mIoU, any noun"],
            "rows": [
                ["heat map", {"value": 0.5123, "low": 0.41, "high": 0.6, "n": 3}],
                ["nothing", {"value": None, "low": None, "high": None, "n": 0}],
            ],
        }
    ],
    "charts": [
        {
            "type": "curves",
            "name": "sweep",
            "title": "Maps and things at every τ",
            "caption": "Mean IoU, n = 3.",
            "measure": "mIoU",
            "x_name": "τ",
            "xs": [0.2, 0.4, 0.6],
            "series": ["of the maximum", "stretched"],
            "curves": [
                [
                    {"value": 0.25, "low": 0.2, "high": 0.3, "n": 3},
                    {"value": 0.5, "low": 0.4, "high": 0.6, "n": 3},
                    {"value": None, "low": None, "high": None, "n": 0},
                ],
                [{"value": 0.3, "low": None, "high": None, "n": 3}] * 3,
            ],
            "marked": 0.4,
            "band": {"low": 0.588, "high": 0.648, "label": "paper 58.8–64.8 %"},
        },
        {
            "type": "rows",
            "name": "overlaps",
            "title": "Overlaps",
            "caption": "n pairs.",
            "measure": "share",
            "series": ["mIoD", "mIoH"],
            "rows": [
                {
                    "label": "det",
                    "name": "determiner",
                    "marks": [
                        {"value": 0.25, "low": 0.1, "high": 0.3, "n": 7},
                        {"value": 0.75, "low": 0.6, "high": 0.9, "n": 7},
                    ],
                    "points": [],
                    "note": "",
                    "strong": False,
                }
            ],
            "band": None,
            "reference": None,
            "joined": True,
        },
        {
            "type": "rows",
            "name": "difference",
            "title": "Difference",
            "caption": "Below 0 the dependent dominates.",
            "measure": "mIoD − mIoH",
            "series": ["maps"],
            "rows": [
                {
                    "label": "det",
                    "name": "",
                    "marks": [{"value": -0.5, "low": -0.6, "high": -0.4, "n": 7}],
                    "points": [{"label": "head 1", "value": -0.25}],
                    "note": "p = 0.016 (Holm)",
                    "strong": True,
                }
            ],
            "band": None,
            "reference": 0.0,
            "joined": False,
        },
    ],
    "remarks": ["Intervals: 95 %, pictures drawn again."],
    "provenance": {"model": "bundled", "steps": 30},
}


QUICK_EXPERIMENT = {
    "limit": 2, "seed": 0, "steps": 1, "guidance": None, "tau": 0.4, "unreal": ""
}  # fmt: skip


def make_experiment(owner: User, **fields: Any) -> Experiment:
    defaults: dict[str, Any] = {
        "kind": "segmentation",
        "model": "bundled",
        "parameters": QUICK_EXPERIMENT,
        "inputs": {},
    }
    return experiments.request_experiment(owner=owner, **(defaults | fields))


def make_finished_experiment(owner: User) -> Experiment:
    claimed = experiments.claim(key=make_experiment(owner).pk)
    assert claimed is not None
    with Draft() as draft:
        stored = {
            "result.json": draft.write("experiments", ".json", b"{}"),
            "segmentation.csv": draft.write("experiments", ".csv", b"method,mIoU\n"),
        }
        draft.keep()
    assert experiments.record(experiment=claimed, result=RESULT, files=stored)
    claimed.refresh_from_db()
    return claimed
