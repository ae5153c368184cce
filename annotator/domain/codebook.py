"""The columns of the exported table, described once: the export and its codebook both read this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from annotator.enums import (
    AssignmentPurpose,
    ColourMap,
    InputMethod,
    ItemKind,
    OptOut,
    PartOfSpeech,
)
from annotator.models.study import SCORES

Type = Literal["integer", "number", "text", "code", "boolean", "time"]


@dataclass(frozen=True)
class Column:
    """One column. `source` is a path from `Rating`, or a key of the generation's provenance."""

    name: str
    source: str
    type: Type
    meaning: str
    unit: str = ""
    allowed: str = ""

    @property
    def values(self) -> str:
        """What a cell can hold: the column's own values, or those of its type."""
        return self.allowed or _VALUES.get(self.type, "")


_VALUES: dict[str, str] = {
    "text": "any text; an apostrophe stands before one that starts like a formula (= + - @)",
    "time": "ISO 8601 with milliseconds, or empty",
}


def _codes(values: list[str]) -> str:
    return " | ".join(values)


_ITEM = "assignment__item"
_HEAT_MAP = f"{_ITEM}__heat_map"
_WORD = f"{_HEAT_MAP}__word"

ANSWER = (
    Column("rating_id", "pk", "integer", "number of this rating; a revision has a new one"),
    Column("study_id", f"{_ITEM}__study_id", "integer", "number of the study"),
    Column("item_id", f"{_ITEM}__pk", "integer", "what was judged: picture, word and heat map"),
    Column(
        "rater_id",
        "assignment__rater__pseudonym",
        "text",
        "random pseudonym of the rater, another one in every study",
    ),
    Column(
        "score",
        "score",
        "integer",
        "point of the study's scale, worst to best; empty on an opt-out",
        allowed=f"{SCORES[0]} to {SCORES[-1]}",
    ),
    Column(
        "opt_out_code",
        "opt_out",
        "code",
        "why no score was given; empty where one was",
        allowed=_codes(OptOut.values),
    ),
    Column(
        "revision",
        "revision",
        "integer",
        "how often the rater had changed this answer; only the last one is in the table",
        allowed="0 or more",
    ),
)

STIMULUS = (
    Column("prompt_id", f"{_WORD}__prompt_id", "integer", "number of the prompt"),
    Column("prompt", f"{_WORD}__prompt__text", "text", "the prompt as given to the model"),
    Column("image_id", f"{_HEAT_MAP}__generation_id", "integer", "number of the picture"),
    Column("word", f"{_WORD}__text", "text", "the judged word as it stands in the prompt"),
    Column("word_index", f"{_WORD}__index", "integer", "place of the word, from 0", unit="words"),
    Column("lemma", f"{_WORD}__lemma", "text", "dictionary form of the word"),
    Column(
        "pos",
        f"{_ITEM}__pos",
        "code",
        "part of speech (Universal Dependencies)",
        allowed=_codes(PartOfSpeech.values),
    ),
    Column("heat_map_id", f"{_ITEM}__heat_map_id", "integer", "number of the heat map"),
    Column(
        "heat_map_kind",
        f"{_ITEM}__kind",
        "code",
        "the word's own map, which control in its place, or a gold item",
        allowed=_codes(ItemKind.values),
    ),
    Column(
        "rater_excluded_at",
        "assignment__rater__excluded_at",
        "time",
        "when a person left this rater out of the statistics; empty: counted",
        unit="UTC",
    ),
    Column(
        "exclusion_reason",
        "assignment__rater__exclusion_reason",
        "text",
        "why; empty where the rater is counted",
    ),
    Column(
        "purpose",
        "assignment__purpose",
        "code",
        "one of the ratings the item wants, a check with a known answer, or the item shown again",
        allowed=_codes(AssignmentPurpose.values),
    ),
)

PROVENANCE = (
    Column("model", "model", "text", "text-to-image model"),
    Column("model_revision", "model_revision", "text", "its revision, where it has one"),
    Column("seed", "seed", "integer", "seed of the picture"),
    Column("scheduler", "scheduler", "text", "class of the denoising scheduler"),
    Column("steps", "steps", "integer", "denoising steps", unit="steps"),
    Column("guidance", "guidance", "number", "scale of classifier-free guidance"),
    Column("engine_version", "engine_version", "text", "version that made picture and heat map"),
    Column("normalisation", "normalisation", "text", "what the raw heat map's values are"),
)

_CSS = "CSS pixels"

PRESENTATION = (
    Column(
        "colour_map",
        "colour_map",
        "code",
        "colours of the heat map at the answer",
        allowed=_codes(ColourMap.values),
    ),
    Column(
        "trial_order",
        "assignment__trial",
        "integer",
        "how many items the rater was given before this one",
        unit="items",
    ),
    Column(
        "opacity_initial",
        "opacity_initial",
        "number",
        "how opaque the heat map was at first",
        allowed="0 to 1",
    ),
    Column(
        "opacity_final",
        "opacity_final",
        "number",
        "how opaque it was at the answer",
        allowed="0 to 1",
    ),
    Column("map_toggles", "map_toggles", "integer", "times the heat map was hidden", unit="times"),
    Column(
        "contour_tau",
        "contour_tau",
        "number",
        "an outline was drawn where the map reaches this share of its peak; empty: none at the "
        "answer",
        allowed="0 to 1",
    ),
    Column(
        "side_by_side",
        "side_by_side",
        "boolean",
        "the picture alone was seen beside the one with the heat map",
        allowed="true | false",
    ),
    Column("picture_width", "picture_width", "integer", "picture on the screen", unit=_CSS),
    Column("picture_height", "picture_height", "integer", "picture on the screen", unit=_CSS),
    Column("viewport_width", "viewport_width", "integer", "the browser's window", unit=_CSS),
    Column("viewport_height", "viewport_height", "integer", "the browser's window", unit=_CSS),
    Column(
        "pixel_ratio",
        "pixel_ratio",
        "number",
        "pixels of the screen per CSS pixel: the screen's own ratio times the page's zoom",
        allowed="above 0",
    ),
    Column(
        "pinch_zoom",
        "pinch_zoom",
        "number",
        "how far the page was enlarged with two fingers",
        allowed="above 0",
    ),
    Column("language", "language", "text", "language of the page around the study's own texts"),
    Column(
        "input_method",
        "input_method",
        "code",
        "how the answer was entered",
        allowed=_codes(InputMethod.values),
    ),
    Column("served_at", "assignment__drawn_at", "time", "item given to the rater", unit="UTC"),
    Column("painted_at", "painted_at", "time", "picture fully on the screen", unit="UTC"),
    Column("submitted_at", "submitted_at", "time", "answer stored by the server", unit="UTC"),
    Column(
        "reaction_ms",
        "reaction_ms",
        "integer",
        "from the painted picture to the answer, by the browser's clock",
        unit="ms",
    ),
    Column(
        "hidden_ms",
        "hidden_ms",
        "integer",
        "of that, how long the page was out of sight",
        unit="ms",
    ),
    Column(
        "simulated",
        "assignment__rater__simulated",
        "boolean",
        "made by a simulated rater, not a person",
        allowed="true | false",
    ),
)

APP_VERSION = Column("app_version", "", "text", "version of the program that wrote this table")

COLUMNS = (*ANSWER, *STIMULUS, *PROVENANCE, *PRESENTATION, APP_VERSION)
HEADER = tuple(column.name for column in COLUMNS)
