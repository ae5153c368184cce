"""Pictures and their heat maps: claimed, made a batch at a time, written, recorded."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import cast

from django.conf import settings

from annotator import files, queue
from annotator.domain.design import absent_words
from annotator.domain.material import generations
from annotator.domain.material.generations import RecordedMap, Recording
from annotator.models import Generation, Study, Word
from annotator.models.condition import Condition
from daam_engine import Generated, GenerationSettings, TracingError
from daam_engine import generate as generate_pictures
from daam_engine import words as engine_words
from daam_engine.attribution import Attribution
from daam_engine.devices import free_memory
from daam_engine.render import to_webp
from daam_engine.store import encode_maps
from daam_engine.trace import Mode
from workers.edge import attempt
from workers.pace import SIGN_OF_LIFE_SECONDS, at_most_every
from workers.pipelines import pipeline_of

_WITHHELD = (
    "The model's safety checker blackened this picture. Upload the prompt with another seed, or "
    "change its wording."
)


@queue.app.task(name=queue.GENERATE)
def generate(keys: list[int]) -> None:
    """Make those of these pictures that are still queued."""
    waiting = Generation.objects.queued().filter(pk__in=keys)
    for study in Study.objects.filter(generations__in=waiting).distinct():
        mine = study.generations.filter(pk__in=keys)
        for model in mine.order_by("model").values_list("model", flat=True).distinct():
            _generate_by(model or study.model, list(mine.filter(model=model)))


def _generate_by(model: str, wanted: Sequence[Generation]) -> None:
    # Loading comes before the claim: it may take longer than a claim may be silent.
    reason = attempt(partial(pipeline_of, model))
    batch = generations.claim(keys=[generation.pk for generation in wanted])
    if reason is None:
        make(batch)
        return
    for generation in batch:
        generations.fail(generation=generation, reason=reason)


def make(batch: Sequence[Generation]) -> None:
    """Make these claimed pictures, all by one model, at once; should that fail, each half, down to
    the one prompt that is to blame. (A batch too large for the device's memory, the engine halves.)
    """
    if not batch:
        return
    reason = attempt(partial(_make_together, batch))
    if reason is None:
        return
    free_memory()
    if len(batch) == 1:
        generations.fail(generation=batch[0], reason=reason)
        return
    middle = len(batch) // 2
    make(batch[:middle])
    make(batch[middle:])


def _make_together(batch: Sequence[Generation]) -> None:
    study = batch[0].study
    absent = absent_words.choose(study=study, batch=batch)
    started = time.monotonic()
    made = _generate(study, batch, absent)
    seconds = (time.monotonic() - started) / len(batch)
    for generation, generated in zip(batch, made, strict=True):
        if generated.withheld:
            generations.fail(generation=generation, reason=_WITHHELD)
        else:
            _keep(generation, _with_stored_words(generated, generation), seconds)


def _generate(
    study: Study, batch: Sequence[Generation], absent: Sequence[str]
) -> Sequence[Generated]:
    """Raises `TracingError`, with a sentence that the study's page knows, where the model cannot be
    asked about absent words; `InvalidRequestError` where it lacks what a condition is about."""
    loaded = pipeline_of(batch[0].painter)
    attributions = [_attribution(condition) for condition in batch[0].conditions]
    for attribution in attributions:
        attribution.check(loaded.pipeline)
    generate_batch = partial(
        generate_pictures,
        loaded,
        [generation.prompt.text for generation in batch],
        [generation.prompt.seed for generation in batch],
        GenerationSettings(steps=study.steps, guidance=study.guidance),
        parser=settings.LANGUAGE_PIPELINE,
        # Painted once and traced once, whatever number of conditions show this picture.
        by=frozenset().union(*(attribution.axes for attribution in attributions)),
        on_step=at_most_every(
            SIGN_OF_LIFE_SECONDS, lambda *_: generations.touch(generations=batch)
        ),
    )
    try:
        return generate_batch(probes=[[word] for word in absent])
    except TracingError as error:
        if not absent:
            raise
        raise TracingError(f"{error} {absent_words.REFUSED}") from error


def _attribution(condition: Condition) -> Attribution:
    return Attribution(
        mode=cast(Mode, condition.mode),
        layers=condition.layers,
        heads=condition.heads,
        steps=condition.steps,
    )


def _with_stored_words(generated: Generated, generation: Generation) -> Generated:
    """The maps of the words as they are in the database: another version of the language pipeline
    may cut the text differently, and the study's words were drawn from these."""
    stored = Word.objects.filter(prompt=generation.prompt_id).order_by("index")
    return replace(generated, parsed=tuple(_engine_word(word) for word in stored))


def _engine_word(word: Word) -> engine_words.Word:
    return engine_words.Word(
        index=word.index,
        text=word.text,
        start=word.start,
        end=word.end,
        lemma=word.lemma,
        pos=word.pos,
        dependency=word.dependency,
        head=word.head_index,
    )


def _keep(generation: Generation, generated: Generated, seconds: float) -> None:
    """Write the files, then the row that names them; without the row no file stays."""
    with files.Draft() as draft:
        recording = _recording(
            generated,
            image_file=draft.write("pictures", ".webp", to_webp(generated.image, lossless=True)),
            maps_file=draft.write("maps", ".safetensors", encode_maps(generated)),
            seconds=seconds,
        )
        recording = replace(recording, condition_files=_of_conditions(generation, generated, draft))
        recording = _with_absent_word(recording, generated, draft)
        if generations.record(generation=generation, recording=recording):
            draft.keep()


def _of_conditions(
    generation: Generation, generated: Generated, draft: files.Draft
) -> dict[str, str]:
    """The files of those conditions whose maps are others than the picture's own."""
    pipeline = pipeline_of(generation.painter).pipeline
    found: dict[str, str] = {}
    for condition in generation.conditions:
        if not condition.is_whole:
            maps = _attribution(condition).of(generated.maps, pipeline)
            content = encode_maps(replace(generated, maps=maps))
            found[condition.name] = draft.write("maps", ".safetensors", content)
    return found


def _with_absent_word(recording: Recording, generated: Generated, draft: files.Draft) -> Recording:
    """With the map of the word that was asked about though it is not in the prompt, if any."""
    if not generated.probed:
        return recording
    (probed,) = generated.probed
    whole = engine_words.Word(
        0, probed.prompt, 0, len(probed.prompt), probed.prompt, "X", "ROOT", 0
    )
    asked = replace(generated, maps=probed, parsed=(whole,))
    return replace(
        recording,
        absent_word=probed.prompt,
        absent_map_file=draft.write_maps(*asked.stack()),
    )


def _recording(
    generated: Generated, *, image_file: str, maps_file: str, seconds: float
) -> Recording:
    soft = generated.stack()
    rows = list(zip(generated.parsed, generated.truncated, soft, strict=True))
    return Recording(
        image_file=image_file,
        maps_file=maps_file,
        width=generated.image.width,
        height=generated.image.height,
        seconds=seconds,
        heat_maps=[
            RecordedMap(word.index, row, peak=float(values.max()), floor=float(values.min()))
            for row, (word, truncated, values) in enumerate(rows)
            if not truncated
        ],
        truncated_words=[word.index for word, truncated, _ in rows if truncated],
        provenance={
            **generated.provenance,
            # The stored maps are means over this many; times it, they are the paper's sums.
            "maps_per_picture": generated.maps.n_maps,
            "language_pipeline": settings.LANGUAGE_PIPELINE,
        },
    )
