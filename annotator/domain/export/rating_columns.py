"""The columns of the ratings: the answer, who gave it, how it was shown, what was judged.

Sources are paths from `Rater` and not from `Rating`: rows then leave the database rater by rater,
in the order of an index, without being sorted first.
"""

from __future__ import annotations

from annotator.domain.export.columns import Column, codes
from annotator.enums import (
    AssignmentPurpose,
    ColourMap,
    InputMethod,
    ItemKind,
    OptOut,
    PartOfSpeech,
)
from annotator.models.study import SCORES

_ASSIGNMENT = "assignments"
_RATING = f"{_ASSIGNMENT}__ratings"
FROM_ITEM = f"{_ASSIGNMENT}__item__"
FROM_PICTURE = f"{FROM_ITEM}heat_map__generation__"
_WORD = f"{FROM_ITEM}heat_map__word"
_PROVENANCE = f"{FROM_PICTURE}provenance"

KEYS = (
    Column(
        "rating_id", f"{_RATING}__pk", "integer", "number of this rating; a revision has a new one"
    ),
    Column(
        "item_id",
        f"{_ASSIGNMENT}__item_id",
        "integer",
        "what was judged: picture, word and heat map",
    ),
)

RATER = (
    Column(
        "rater_id",
        "pseudonym",
        "text",
        "random pseudonym of the rater, another one in every study",
    ),
    Column("study_id", "study_id", "integer", "number of the study"),
    Column(
        "rater_excluded_at",
        "excluded_at",
        "time",
        "when a person left this rater out of the statistics; empty: counted",
        unit="UTC",
    ),
    Column(
        "exclusion_reason",
        "exclusion_reason",
        "text",
        "why this rater is left out of the statistics; empty where counted",
    ),
    Column(
        "simulated",
        "simulated",
        "boolean",
        "made by a simulated rater, not a person",
    ),
)

ANSWER = (
    Column(
        "score",
        f"{_RATING}__score",
        "integer",
        "point of the study's scale, worst to best; empty on an opt-out",
        allowed=f"{SCORES[0]} to {SCORES[-1]}",
    ),
    Column(
        "opt_out_code",
        f"{_RATING}__opt_out",
        "code",
        "why no score was given; empty where one was",
        allowed=codes(OptOut.values),
    ),
    Column(
        "revision",
        f"{_RATING}__revision",
        "integer",
        "how often the rater had changed this answer; only the last one is in the table",
        allowed="0 or more",
    ),
    Column(
        "purpose",
        f"{_ASSIGNMENT}__purpose",
        "code",
        "one of the ratings the item wants, a check with a known answer, or the item shown again",
        allowed=codes(AssignmentPurpose.values),
    ),
    Column(
        "opacity_final",
        f"{_RATING}__opacity_final",
        "number",
        "how opaque it was at the answer",
        allowed="0 to 1",
    ),
)

_CSS = "CSS pixels"

# The same from answer to answer, as a rule.
DISPLAY = (
    Column(
        "colour_map",
        f"{_RATING}__colour_map",
        "code",
        "colours of the heat map at the answer",
        allowed=codes(ColourMap.values),
    ),
    Column(
        "contour_tau",
        f"{_RATING}__contour_tau",
        "number",
        "an outline was drawn where the map reaches this share of its peak; empty: none at the "
        "answer",
        allowed="0 to 1",
    ),
    Column(
        "opacity_initial",
        f"{_RATING}__opacity_initial",
        "number",
        "how opaque the heat map was at first",
        allowed="0 to 1",
    ),
    Column(
        "picture_width", f"{_RATING}__picture_width", "integer", "picture on the screen", unit=_CSS
    ),
    Column(
        "picture_height",
        f"{_RATING}__picture_height",
        "integer",
        "picture on the screen",
        unit=_CSS,
    ),
    Column(
        "viewport_width", f"{_RATING}__viewport_width", "integer", "the browser's window", unit=_CSS
    ),
    Column(
        "viewport_height",
        f"{_RATING}__viewport_height",
        "integer",
        "the browser's window",
        unit=_CSS,
    ),
    Column(
        "pixel_ratio",
        f"{_RATING}__pixel_ratio",
        "number",
        "pixels of the screen per CSS pixel: the screen's own ratio times the page's zoom",
        allowed="above 0",
    ),
    Column(
        "pinch_zoom",
        f"{_RATING}__pinch_zoom",
        "number",
        "how far the page was enlarged with two fingers",
        allowed="above 0",
    ),
    Column(
        "language",
        f"{_RATING}__language",
        "text",
        "language of the page around the study's own texts",
    ),
    Column(
        "input_method",
        f"{_RATING}__input_method",
        "code",
        "how the answer was entered",
        allowed=codes(InputMethod.values),
    ),
)

# Of this one answer.
SEEN = (
    Column(
        "map_toggles",
        f"{_RATING}__map_toggles",
        "integer",
        "times the heat map was hidden",
        unit="times",
    ),
    Column(
        "side_by_side",
        f"{_RATING}__side_by_side",
        "boolean",
        "the picture alone was seen beside the one with the heat map",
    ),
    Column(
        "trial_order",
        f"{_ASSIGNMENT}__trial",
        "integer",
        "how many items the rater was given before this one",
        unit="items",
    ),
    Column("served_at", f"{_ASSIGNMENT}__drawn_at", "time", "item given to the rater", unit="UTC"),
    Column(
        "painted_at", f"{_RATING}__painted_at", "time", "picture fully on the screen", unit="UTC"
    ),
    Column(
        "submitted_at",
        f"{_RATING}__submitted_at",
        "time",
        "answer stored by the server",
        unit="UTC",
    ),
    Column(
        "reaction_ms",
        f"{_RATING}__reaction_ms",
        "integer",
        "from the painted picture to the answer, by the browser's clock",
        unit="ms",
    ),
    Column(
        "hidden_ms",
        f"{_RATING}__hidden_ms",
        "integer",
        "of that, how long the page was out of sight",
        unit="ms",
    ),
)

WORD = (
    Column("word", f"{_WORD}__text", "text", "the judged word as it stands in the prompt"),
    Column("word_index", f"{_WORD}__index", "integer", "place of the word, from 0", unit="words"),
    Column("lemma", f"{_WORD}__lemma", "text", "dictionary form of the word"),
    Column(
        "pos",
        f"{FROM_ITEM}pos",
        "code",
        "part of speech (Universal Dependencies)",
        allowed=codes(PartOfSpeech.values),
    ),
    Column(
        "heat_map_kind",
        f"{FROM_ITEM}kind",
        "code",
        "the word's own map, which control in its place, or a gold item",
        allowed=codes(ItemKind.values),
    ),
    Column(
        "condition",
        f"{FROM_ITEM}condition",
        "text",
        "the one of the study's conditions under which it was shown; empty: nothing is compared",
    ),
)

MAP = Column(
    "heat_map_id", f"{FROM_ITEM}heat_map_id", "integer", "number of the word's own heat map"
)

PICTURE = (
    Column("image_id", f"{FROM_PICTURE}pk", "integer", "number of the picture"),
    Column("prompt_id", f"{FROM_PICTURE}prompt_id", "integer", "number of the prompt"),
    Column("prompt", f"{FROM_PICTURE}prompt__text", "text", "the prompt as given to the model"),
    Column("seed", _PROVENANCE, "integer", "seed of the picture", key="seed"),
)

# Of many pictures.
SETTINGS = (
    Column("model", _PROVENANCE, "text", "text-to-image model", key="model"),
    Column(
        "model_revision",
        _PROVENANCE,
        "text",
        "its revision, where it has one",
        key="model_revision",
    ),
    Column("scheduler", _PROVENANCE, "text", "class of the denoising scheduler", key="scheduler"),
    Column("steps", _PROVENANCE, "integer", "denoising steps", unit="steps", key="steps"),
    Column("guidance", _PROVENANCE, "number", "scale of classifier-free guidance", key="guidance"),
    Column(
        "engine_version",
        _PROVENANCE,
        "text",
        "version that made picture and heat map",
        key="engine_version",
    ),
    Column(
        "normalisation",
        _PROVENANCE,
        "text",
        "what the raw heat map's values are",
        key="normalisation",
    ),
)

# Known when the table is written; the same in every row.
APP_VERSION = Column("app_version", "", "text", "version of the program that wrote this table")

STORED = (*KEYS, *RATER, *ANSWER, *DISPLAY, *SEEN, *WORD, MAP, *PICTURE, *SETTINGS)
RATING_COLUMNS = (*STORED, APP_VERSION)
