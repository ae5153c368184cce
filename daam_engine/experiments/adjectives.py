"""Paper §5.2: what does an adjective change beyond the noun it belongs to?

The paper shows pictures; here it is measured. Every template is painted with each of its adjectives
from the same seed, once freely and once with the attention of the first adjective's picture frozen.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from daam_engine.analysis.intervals import mean_of
from daam_engine.analysis.prompt_sets import refuse_long
from daam_engine.analysis.semantics import CHANGE, changed_share, spread
from daam_engine.analysis.significance import sign_flip_test
from daam_engine.bundled.check import coloured_region
from daam_engine.bundled.drawing import COLOURS, SHAPES
from daam_engine.bundled.scenes import TEXTURES
from daam_engine.errors import InvalidRequestError
from daam_engine.experiments import charts
from daam_engine.experiments.outcome import Outcome, Table, arranged
from daam_engine.experiments.plan import Plan, Progress, pixels
from daam_engine.files import read_text
from daam_engine.frozen import record_attention, replay_attention
from daam_engine.generate import Generated, generate
from daam_engine.hard_maps import hard
from daam_engine.heat_map import WordHeatMap
from daam_engine.models import BUNDLED_NAME, LoadedPipeline
from daam_engine.render import Style
from daam_engine.words import count_tokens

# Of the paper's figure, as second-hand notes give them.
TEMPLATES = (
    "a {rusty,metallic,wooden} shovel sitting in a clean shed",
    "a {bumpy,smooth,spiky} ball rolling down a hill",
    "a {blue,green,red} car driving down the streets",
)
_TEMPLATE = re.compile(r"(?P<before>[^{}]*)\{(?P<adjectives>[^{}]+)\}\s+(?P<after>[^{}]+)")
_EXAMPLES = 2


@dataclass(frozen=True)
class Template:
    """ "a {red,blue} car by a house": the adjectives, and the noun that follows them."""

    before: str
    adjectives: tuple[str, ...]
    after: str

    @property
    def noun(self) -> str:
        return re.split(r"\W", self.after)[0]

    def prompt(self, adjective: str) -> str:
        return f"{self.before}{adjective} {self.after}"


@dataclass(frozen=True)
class Change:
    """One picture beside the first adjective's, with the same seed.

    `spread`: share of the adjective's hard map outside the noun's. `outside`: share of the pixels
    outside the noun's place that changed; `inside`: of those inside. `template` and `seed` name
    the series.
    """

    template: str
    adjective: str
    seed: int
    frozen: bool
    spread: float
    outside: float
    inside: float


def run(loaded: LoadedPipeline, plan: Plan, progress: Progress) -> Outcome:
    """`plan.limit` series (template and seed). Raises `InvalidRequestError`, and
    `UnsupportedModelError` where attention cannot be frozen."""
    templates = _templates(loaded, plan)
    changes: list[Change] = []
    sheets: list[Image.Image] = []
    provenance = {}
    for number in range(plan.limit):
        template = templates[number % len(templates)]
        series = _Series(loaded, plan, template, plan.seed + number)
        changes += series.changes()
        if len(sheets) < _EXAMPLES:
            sheets.append(series.sheet())
        provenance = series.first.provenance
        progress(number + 1, plan.limit)
    effects = _effect_table(changes)
    return Outcome(
        "adjectives",
        (effects, _series_table(changes)),
        _remarks(loaded, plan, len(templates)),
        {"sheet": arranged(sheets)},
        provenance,
        charts.of_adjectives(effects),
    )


class _Series:
    """All pictures of one template and one seed."""

    def __init__(self, loaded: LoadedPipeline, plan: Plan, template: Template, seed: int) -> None:
        self._loaded, self._plan, self._template, self._seed = loaded, plan, template, seed
        with record_attention(loaded.pipeline) as recorded:
            self.first = self._paint(template.adjectives[0])
        self.others: list[tuple[str, bool, Generated]] = []
        for adjective in template.adjectives[1:]:
            self.others.append((adjective, False, self._paint(adjective)))
            with replay_attention(loaded.pipeline, recorded):
                self.others.append((adjective, True, self._paint(adjective)))

    def changes(self) -> Iterator[Change]:
        for adjective, frozen, generated in self.others:
            noun = self._place(self.first) | self._place(generated)
            before, after = pixels(self.first), pixels(generated)
            yield Change(
                template=self._template.prompt("…"),
                adjective=adjective,
                seed=self._seed,
                frozen=frozen,
                spread=self._spread(generated, adjective),
                outside=changed_share(before, after, ~noun),
                inside=changed_share(before, after, noun),
            )

    def sheet(self) -> Image.Image:
        style = Style(tau=self._plan.tau)
        shown = [self.first, *(generated for _, _, generated in self.others[:2])]
        titles = ("", " (free)", " (frozen)")
        return arranged(
            [
                dataclasses.replace(one, prompt=one.prompt + title).sheet(style)
                for one, title in zip(shown, titles, strict=False)
            ]
        )

    def _paint(self, adjective: str) -> Generated:
        prompt = self._template.prompt(adjective)
        plan = self._plan
        return generate(self._loaded, [prompt], [self._seed], plan.settings, parser=plan.parser)[0]

    def _place(self, generated: Generated) -> np.ndarray:
        """Where the noun's thing is: in the bundled model's pictures by arithmetic, else its hard
        map."""
        if self._loaded.model == BUNDLED_NAME:
            return coloured_region(pixels(generated))
        found = self._map(generated, self._template.noun)
        assert found.soft is not None  # noqa: S101
        place: np.ndarray = hard(found.soft, self._plan.tau).numpy()
        return place

    def _spread(self, generated: Generated, adjective: str) -> float:
        of_adjective = self._map(generated, adjective)
        of_noun = self._map(generated, self._template.noun)
        assert of_adjective.soft is not None and of_noun.soft is not None  # noqa: S101, PT018
        return spread(of_adjective.soft, of_noun.soft, self._plan.tau)

    def _map(self, generated: Generated, text: str) -> WordHeatMap:
        for found in generated.words:
            if found.word.text == text and not found.truncated:
                return found
        raise InvalidRequestError(
            f"“{text}” is no word of “{generated.prompt}” that has a map; write a template like "
            "“a {red,blue} car”, with one-word adjectives right before a noun."
        )


def read_template(text: str) -> Template:
    """Raises `InvalidRequestError`."""
    found = _TEMPLATE.fullmatch(text.strip())
    adjectives = tuple(part.strip() for part in found["adjectives"].split(",")) if found else ()
    if not found or len(adjectives) < 2 or not all(adjectives):
        raise InvalidRequestError(
            f"“{text}” is no template; write two or more adjectives in braces before their noun, "
            "like “a {red,blue} car in a street”."
        )
    return Template(found["before"], adjectives, found["after"])


def _templates(loaded: LoadedPipeline, plan: Plan) -> list[Template]:
    if plan.prompts is not None:
        lines = [line for line in read_text(plan.prompts).splitlines() if line.strip()]
        refuse_long(lines)
    elif loaded.model == BUNDLED_NAME:
        lines = list(_bundled_templates(plan.seed))
    else:
        lines = list(TEMPLATES)
    templates = [read_template(line) for line in lines]
    if not templates:
        raise InvalidRequestError(f"“{plan.prompts}” holds no template; name another file.")
    for template in templates:
        _refuse_uneven(template, loaded)
    return templates


def _refuse_uneven(template: Template, loaded: LoadedPipeline) -> None:
    """Frozen attention looks at positions: behind a longer adjective it would see other words."""
    prompts = [template.prompt(adjective) for adjective in template.adjectives]
    lengths = {prompt: count_tokens(loaded.tokenizer, prompt) for prompt in prompts}
    if len(set(lengths.values())) > 1:
        counted = ", ".join(f"“{prompt}” {tokens}" for prompt, tokens in lengths.items())
        raise InvalidRequestError(
            "The adjectives of a template must be as long as each other in tokens, or frozen "
            f"attention would look at other words ({counted}); choose other adjectives."
        )


def _bundled_templates(seed: int) -> Iterator[str]:
    """Colours and textures of every shape, on a background where there is room for one."""
    rng = np.random.default_rng(seed)
    for shape in SHAPES:
        colours = rng.permutation(list(COLOURS))[:3].tolist()
        yield f"a {{{','.join(colours)}}} {shape} on a gray background"
        yield f"a {{{','.join(TEXTURES)}}} {shape} on a light background"


def _effect_table(changes: Sequence[Change]) -> Table:
    rows = []
    for name, title in (
        ("spread", "adjective's map beyond the noun's (1 − IoD)"),
        ("outside", "pixels outside the noun that change"),
        ("inside", "pixels inside the noun that change"),
    ):
        free, frozen = (
            np.array([getattr(one, name) for one in changes if one.frozen is wanted])
            for wanted in (False, True)
        )
        series = [f"{one.template} {one.seed}" for one in changes if not one.frozen]
        rows.append(
            (
                title,
                mean_of(free, series),
                mean_of(frozen, series),
                mean_of(frozen - free, series),
                sign_flip_test(frozen - free, series),
            )
        )
    return Table(
        "adjectives",
        "The same seed and noun with another adjective",
        ("measure", "free", "attention frozen", "difference", "p (sign flips)"),
        tuple(rows),
    )


def _series_table(changes: Sequence[Change]) -> Table:
    return Table(
        "changes",
        "Every picture, beside that of the template's first adjective",
        ("template", "adjective", "seed", "frozen", "spread", "outside", "inside"),
        tuple(dataclasses.astuple(one) for one in changes),
    )


def _remarks(loaded: LoadedPipeline, plan: Plan, n_templates: int) -> tuple[str, ...]:
    place = (
        "the picture is coloured"
        if loaded.model == BUNDLED_NAME
        else f"its hard map is at τ = {plan.tau}"
    )
    return (
        f"{plan.limit} series of {n_templates} templates. The noun is where {place}, in either "
        f"picture; a pixel has changed when its channels differ by more than {CHANGE:.0%} on "
        "average. Frozen maps are the first adjective's.",
        "Intervals: 95 %, series drawn again. The paper gives no figures for this, only pictures.",
    )
