"""The columns of a study's other tables: items, prompts, words, raters, assignments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from annotator.domain.export.columns import Column, codes
from annotator.domain.export.rating_columns import FROM_ITEM, MAP, PICTURE, SETTINGS, STORED, WORD
from annotator.enums import AssignmentStatus, Flag, GenerationStatus, Phase
from annotator.models.study import SCORES

_NAMED = {column.name: column for column in STORED}
_PROVENANCE = tuple(column for column in (*PICTURE, *SETTINGS) if column.key)


def _same(name: str, source: str, meaning: str = "") -> Column:
    """A column of the ratings, found from another model."""
    column = _NAMED[name]
    return replace(column, source=source, meaning=meaning or column.meaning)


_FILE = "its file in the archive of pictures and maps is"
_SHARE = "share of the attention"
_LETTERS = "characters"


def from_model(columns: Sequence[Column], prefix: str) -> tuple[Column, ...]:
    """The columns, found from the model that `prefix` leads to."""
    return tuple(replace(column, source=column.source.removeprefix(prefix)) for column in columns)


# From Item.
ITEM_COLUMNS = (
    _same(
        "item_id",
        "pk",
        f"what was judged; {_FILE} items/ITEM_ID, as .png (as shown) and as .npy (numbers)",
    ),
    _same("study_id", "study_id"),
    *from_model((*WORD, MAP, *PICTURE, *SETTINGS), FROM_ITEM),
    Column("position", "position", "integer", "place in the study's own order; gold: none"),
    Column("peak", "heat_map__peak", "number", "largest value of the word's own map", unit=_SHARE),
    Column(
        "floor", "heat_map__floor", "number", "smallest value of the word's own map", unit=_SHARE
    ),
    Column(
        "control_word",
        "made_from",
        "text",
        "the word whose map is shown in place of its own, where it is another's",
        key="word",
    ),
    Column(
        "control_word_index",
        "made_from",
        "integer",
        "place of that word in the same prompt",
        unit="words",
        key="word_index",
    ),
    Column(
        "control_seed",
        "made_from",
        "text",
        "seed of the other picture, or of the random blob, that is shown in place of its own",
        key="seed",
    ),
    Column("ratings_wanted", "ratings_wanted", "integer", "ratings the plan asks for"),
    Column(
        "accepted_low",
        "accepted_low",
        "integer",
        "of a gold item, the lowest score that is right",
        allowed=f"{SCORES[0]} to {SCORES[-1]}",
    ),
    Column(
        "accepted_high",
        "accepted_high",
        "integer",
        "of a gold item, the highest score that is right",
        allowed=f"{SCORES[0]} to {SCORES[-1]}",
    ),
)

# From Prompt.
PROMPT_COLUMNS = (
    _same("prompt_id", "pk"),
    _same("study_id", "study_id"),
    _same("prompt", "text"),
    Column("prompt_seed", "seed", "integer", "seed asked for with the prompt"),
    Column("external_id", "external_id", "text", "the uploader's own name for the prompt"),
    Column(
        "batch",
        "batch_id",
        "text",
        "the file it was uploaded in; files of one name are numbered as they were uploaded",
    ),
    Column("line", "line", "integer", "its line in that file"),
    Column(
        "control_of",
        "control_of_id",
        "integer",
        "the prompt whose words a second picture was made for; empty: a prompt of the study",
    ),
    _same(
        "image_id",
        "generation__pk",
        f"number of the picture; {_FILE} pictures/IMAGE_ID.webp",
    ),
    Column(
        "image_status",
        "generation__status",
        "code",
        "how far its picture is",
        allowed=codes(GenerationStatus.values),
    ),
    Column("image_width", "generation__width", "integer", "the picture", unit="pixels"),
    Column("image_height", "generation__height", "integer", "the picture", unit="pixels"),
    Column("image_made_at", "generation__finished_at", "time", "picture finished", unit="UTC"),
    Column("seconds", "generation__seconds", "number", "what making it took", unit="s"),
    Column(
        "absent_word",
        "generation__absent_word",
        "text",
        "a word that is not in the prompt and whose map was made as a control",
    ),
    *(replace(column, source="generation__provenance") for column in _PROVENANCE),
)

# From Word.
WORD_COLUMNS = (
    Column("word_id", "pk", "integer", "number of the word"),
    _same("prompt_id", "prompt_id"),
    _same("word_index", "index"),
    _same("word", "text", "the word as it stands in the prompt"),
    Column("start", "start", "integer", "where it begins in the prompt, from 0", unit=_LETTERS),
    Column("end", "end", "integer", "where it has ended", unit=_LETTERS),
    _same("lemma", "lemma"),
    _same("pos", "pos"),
    Column("dependency", "dependency", "text", "relation to its head (Universal Dependencies)"),
    Column("head_index", "head_index", "integer", "place of its head; its own: root", unit="words"),
    Column(
        "truncated",
        "truncated",
        "boolean",
        "cut off by the text encoder's limit: the model never saw it",
    ),
    _same("heat_map_id", "heat_map__pk", "number of its heat map; empty: it has none"),
    _same("image_id", "heat_map__generation_id", "number of the picture that this map is of"),
    Column(
        "heat_map_row",
        "heat_map__row",
        "integer",
        "its place in heat_maps/IMAGE_ID.safetensors of the archive, under `soft`, from 0",
    ),
    Column("peak", "heat_map__peak", "number", "largest value of its map", unit=_SHARE),
    Column("floor", "heat_map__floor", "number", "smallest value of its map", unit=_SHARE),
)

# From Rater; no panel identity, no invitation, no consent text.
RATER_COLUMNS = (
    _same("rater_id", "pseudonym"),
    _same("study_id", "study_id"),
    Column("rater_number", "number", "integer", "the how manieth rater of the study, from 0"),
    _same("simulated", "simulated"),
    Column("phase", "phase", "code", "how far the rater came", allowed=codes(Phase.values)),
    Column("consented_at", "consented_at", "time", "came into the study", unit="UTC"),
    Column(
        "consent_version",
        "consent_version",
        "integer",
        "version of the consent agreed to; 0: the study asked for none",
    ),
    Column(
        "qualification_attempt",
        "qualification_attempt",
        "integer",
        "how often the qualification was taken again",
        unit="times",
    ),
    _same("rater_excluded_at", "excluded_at"),
    _same("exclusion_reason", "exclusion_reason"),
)
RATER_COUNTS = (
    Column("n_ratings", "", "integer", "answers that count, opt-outs among them", unit="answers"),
    Column("n_opt_outs", "", "integer", "of these, without a score", unit="answers"),
    Column(
        "flags",
        "",
        "text",
        "what is unusual about the answers, one space between flags; empty: nothing",
        allowed=codes(Flag.values),
    ),
)

# From Assignment: everything that was ever given to a rater, and every answer that was ever sent.
ASSIGNMENT_COLUMNS = (
    Column("assignment_id", "pk", "integer", "number of this item's being given to this rater"),
    _same("item_id", "item_id"),
    _same("rater_id", "rater__pseudonym"),
    _same("purpose", "purpose"),
    Column(
        "status",
        "status",
        "code",
        "what became of it",
        allowed=codes(AssignmentStatus.values),
    ),
    Column("slot", "slot", "integer", "which of the item's wanted ratings; a check has none"),
    _same("trial_order", "trial"),
    _same("served_at", "drawn_at"),
    Column("deadline", "deadline", "time", "when it goes back to the pool", unit="UTC"),
    _same("rating_id", "ratings__pk", "number of the answer; empty: none was given"),
    _same("revision", "ratings__revision", "which answer to this assignment, from 0"),
    Column(
        "is_current",
        "ratings__is_current",
        "boolean",
        "the answer that counts; false: it was changed later",
    ),
    _same("score", "ratings__score"),
    _same("opt_out_code", "ratings__opt_out"),
    _same("submitted_at", "ratings__submitted_at"),
    _same("reaction_ms", "ratings__reaction_ms"),
)
