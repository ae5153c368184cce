"""What a setting may be, wherever it comes from: a form, a file or a program."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from annotator.enums import PartOfSpeech

N_LABELS = 5
LONGEST_LABEL = 40


def names_the_word(question: str) -> None:
    if "{word}" not in question:
        raise ValidationError(
            _("Write {word} where the judged word belongs, for example “{word}”.")
        )


def are_five_labels(labels: Any) -> None:
    """A label of its own for each point of the scale, from worst to best."""
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ValidationError(_("Give a list of five texts, from worst to best."))
    kept = [label for label in labels if label.strip() and len(label) <= LONGEST_LABEL]
    if len(kept) != N_LABELS or len(labels) != N_LABELS:
        raise ValidationError(
            _("Give five labels of 1 to %(longest)d characters.") % {"longest": LONGEST_LABEL}
        )
    if len(set(labels)) < N_LABELS:
        raise ValidationError(_("Give each of the five points its own label."))


def are_parts_of_speech(parts: Any) -> None:
    if not isinstance(parts, list) or not parts:
        raise ValidationError(_("Give a list of parts of speech, one at least."))
    unknown = [str(part) for part in parts if part not in PartOfSpeech.values]
    if unknown:
        raise ValidationError(
            _("%(unknown)s: not a part of speech. Use %(known)s.")
            % {"unknown": ", ".join(unknown), "known": ", ".join(PartOfSpeech.values)}
        )
    if len(set(parts)) < len(parts):
        raise ValidationError(_("Name each part of speech once."))


def is_guidance(guidance: float) -> None:
    if not 0 <= guidance <= 50:
        raise ValidationError(_("Choose a number from 0 to 50."))


def is_currency(code: str) -> None:
    if not (len(code) == 3 and code.isascii() and code.isupper() and code.isalpha()):
        raise ValidationError(_("Write the currency's three capital letters, such as GBP."))
