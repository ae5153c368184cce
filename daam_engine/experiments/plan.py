"""What an experiment is asked to do, and the pictures it is done with."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from daam_engine.accumulate import Axis
from daam_engine.analysis import prompt_sets
from daam_engine.analysis.relations import scheme_of, to_universal
from daam_engine.analysis.segmentation import BEST_TAU
from daam_engine.bundled import grammar
from daam_engine.bundled.scenes import Scene, draw_scenes
from daam_engine.errors import InvalidRequestError
from daam_engine.generate import Generated, OnStep, generate
from daam_engine.heat_map import WordHeatMap
from daam_engine.models import BUNDLED_NAME, LoadedPipeline
from daam_engine.request import GenerationSettings
from daam_engine.words import DEFAULT_PARSER, Word, parse_all, relations_of

Progress = Callable[[int, int], None]  # (pictures made, pictures in all)
_BATCH = 10


@dataclass(frozen=True)
class Plan:
    """`limit` pictures of prompts from a file, or for the bundled model of its held-out scenes.

    `seed` draws everything; picture number i is painted from `seed` + i. `unreal` are the parts of
    speech that are swapped among the prompts (see `prompt_sets.UNREAL`). `masks` and `ontology`
    are files of those experiments that take one, and `segmenters` the models (folders or hub ids)
    that segmentation holds beside the heat maps.
    """

    limit: int = prompt_sets.PAPERS_PROMPTS
    seed: int = 0
    prompts: Path | None = None
    unreal: tuple[str, ...] = ()
    masks: Path | None = None
    ontology: Path | None = None
    segmenters: tuple[str, ...] = ()
    tau: float = BEST_TAU
    settings: GenerationSettings = field(default_factory=GenerationSettings)
    parser: str = DEFAULT_PARSER


@dataclass(frozen=True, eq=False)
class Subject:
    """A picture to be painted, numbered from 1: its prompt and the words of it.

    `scene` where the prompt is a caption of the bundled model's world, whose truth is known.
    """

    number: int
    prompt: str
    seed: int
    words: tuple[Word, ...]
    scene: Scene | None = None

    @property
    def name(self) -> str:
        return f"{self.number:04d}"


def subjects_of(plan: Plan, loaded: LoadedPipeline) -> list[Subject]:
    """The plan's prompts, with the syntax their source knows or a parser finds (in UD).

    Raises `InvalidRequestError` and `ParserNotInstalledError`.
    """
    if plan.limit < 1:
        raise InvalidRequestError(f"Ask for at least one picture; {plan.limit} are none.")
    if plan.prompts is None and loaded.model != BUNDLED_NAME:
        raise InvalidRequestError(
            "Only the bundled model has prompts of its own; name a file of prompts, one per line, "
            "or a COCO captions file."
        )
    if plan.prompts is None and not plan.unreal:
        return _scenes(plan)
    prompts = _prompts(plan)
    return [
        Subject(number, prompt, plan.seed + number, words)
        for number, (prompt, words) in enumerate(
            zip(prompts, universal_words(prompts, plan.parser), strict=True), start=1
        )
    ]


def universal_words(prompts: Sequence[str], parser: str) -> list[tuple[Word, ...]]:
    """Parsed, with relations of Universal Dependencies whichever scheme the parser speaks."""
    parsed = list(parse_all(prompts, parser))
    is_universal = scheme_of(relations_of(parser)) == "UD"
    return parsed if is_universal else [to_universal(words) for words in parsed]


def paint(
    loaded: LoadedPipeline,
    subjects: Sequence[Subject],
    plan: Plan,
    progress: Progress,
    *,
    by: Collection[Axis] = (),
) -> Iterator[tuple[Subject, Generated]]:
    """The pictures in order, a few at a time, with the subjects' own words."""
    for start in range(0, len(subjects), _BATCH):
        batch = subjects[start : start + _BATCH]
        made = generate(
            loaded,
            [subject.prompt for subject in batch],
            [subject.seed for subject in batch],
            plan.settings,
            parser=plan.parser,
            by=by,
            on_step=_in_pictures(progress, start, len(batch), len(subjects)),
        )
        for subject, generated in zip(batch, made, strict=True):
            yield subject, dataclasses.replace(generated, parsed=subject.words)
        progress(start + len(batch), len(subjects))


def _in_pictures(progress: Progress, before: int, batch: int, total: int) -> OnStep:
    """Steps of a batch, told as pictures."""
    return lambda done, steps: progress(before + batch * done // steps, total)


def mean_shares(generated: Generated) -> list[WordHeatMap]:
    """The words' maps as means over heads, layers and steps, which an absolute threshold needs."""
    return [
        found
        if found.soft is None
        else dataclasses.replace(found, soft=found.soft / generated.maps.n_maps)
        for found in generated.words
    ]


def pixels(generated: Generated) -> np.ndarray:
    """RGB uint8 (height, width, 3)."""
    return np.asarray(generated.image.convert("RGB"))


def as_mask(mask: np.ndarray, size: tuple[int, int], what: str) -> torch.Tensor:
    """Raises `InvalidRequestError` where a mask was drawn on a picture of another size."""
    if mask.shape != size:
        raise InvalidRequestError(
            f"The mask of {what} is {mask.shape[1]} × {mask.shape[0]} pixels and its picture "
            f"{size[1]} × {size[0]}; paint with the settings that the masks were drawn for."
        )
    return torch.from_numpy(mask)


def _scenes(plan: Plan) -> list[Subject]:
    drawn = draw_scenes(np.random.default_rng(plan.seed), plan.limit, held_out=True)
    return [
        Subject(number, scene.caption, plan.seed + number, grammar.words_of(scene), scene)
        for number, scene in enumerate(drawn, start=1)
    ]


def _prompts(plan: Plan) -> list[str]:
    if plan.prompts is None:
        prompts = [subject.prompt for subject in _scenes(plan)]
    else:
        read = prompt_sets.read_prompts(plan.prompts)
        prompts = prompt_sets.sample(read, plan.limit, seed=plan.seed)
    if not plan.unreal:
        return prompts
    parsed = list(parse_all(prompts, plan.parser))
    return prompt_sets.unreal(prompts, parsed, pos=plan.unreal, seed=plan.seed)
