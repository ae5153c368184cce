"""The ways of painting and attributing that a study compares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

PAPER, PUBLISHED = "paper", "published"
MODES = (PAPER, PUBLISHED)
MOST_CONDITIONS = 8
LONGEST_NAME = 40
_LONGEST_TEXT = 300


@dataclass(frozen=True)
class Condition:
    """One of the ways compared: which model paints, and which of its attention becomes the map.

    An empty `model` is the study's. `layers` are what layers' names begin with, `heads` numbers
    within a layer, from 0; the steps are counted from 1 and both included. Empty: all of them.
    """

    name: str
    model: str = ""
    mode: str = PAPER
    layers: tuple[str, ...] = ()
    heads: tuple[int, ...] = ()
    first_step: int | None = None
    last_step: int | None = None

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Condition:
        lists: dict[str, Any] = {
            key: tuple(values[key]) for key in ("layers", "heads") if key in values
        }
        return cls(**(values | lists))

    def as_json(self) -> dict[str, Any]:
        """Without what says nothing."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
            if value not in ("", (), None)
        }

    @property
    def is_whole(self) -> bool:
        """Whether its maps are the paper's sum over everything, which every picture has."""
        return replace(self, name="", model="") == Condition("")

    @property
    def steps(self) -> tuple[int, int] | None:
        """First and last; None: all."""
        if self.first_step is None or self.last_step is None:
            return None
        return self.first_step, self.last_step

    def model_in(self, study_model: str) -> str:
        return self.model or study_model


def are_conditions(values: Any) -> None:
    """None at all, or two and more that differ, each under a name of its own."""
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        raise ValidationError(_("Give a list of conditions, each with a name."))
    problems = [problem for one in values for problem in _problems(one)]
    if problems:
        raise ValidationError(problems)
    if len(values) == 1:
        raise ValidationError(_("One condition has nothing beside it: give two, or none."))
    if len(values) > MOST_CONDITIONS:
        raise ValidationError(_("Give at most %(most)d conditions.") % {"most": MOST_CONDITIONS})
    all_differ([Condition.from_json(one) for one in values])


def all_differ(conditions: Sequence[Condition]) -> None:
    """In name, and in what is shown under them."""
    names = [one.name.casefold() for one in conditions]
    if len(set(names)) < len(names):
        raise ValidationError(_("Give each condition a name of its own."))
    same: dict[Condition, str] = {}
    for one in conditions:
        before = same.setdefault(replace(one, name=""), one.name)
        if before != one.name:
            raise ValidationError(
                _("“%(one)s” and “%(other)s” would show the same maps: change one of them.")
                % {"one": before, "other": one.name}
            )


_KNOWN = tuple(field.name for field in fields(Condition))


def _problems(values: dict[str, Any]) -> Iterator[str]:
    """Sentences, each beginning with the condition's name."""
    name = values.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        yield _("Give each condition a name of 1 to %(most)d characters.") % {"most": LONGEST_NAME}
        return
    unknown = sorted(values.keys() - set(_KNOWN))
    if unknown:
        yield _("“%(name)s”: there is no %(unknown)s. Use %(known)s.") % {
            "name": name,
            "unknown": ", ".join(unknown),
            "known": ", ".join(_KNOWN),
        }
        return
    yield from (f"“{name}”: {problem}" for problem in _wrong(values))


def _wrong(values: dict[str, Any]) -> Iterator[str]:
    model = values.get("model", "")
    if not isinstance(model, str) or len(model) > _LONGEST_TEXT:
        yield _("write the model's name as a text.")
    if values.get("mode", PAPER) not in MODES:
        yield _("the mode is one of: %(modes)s.") % {"modes": ", ".join(MODES)}
    layers, heads = values.get("layers", []), values.get("heads", [])
    if not _all_of(layers, str) or not all(layers):
        yield _("write layers as a list of texts.")
    if not _all_of(heads, int) or any(head < 0 for head in heads):
        yield _("write heads as a list of numbers from 0.")
    steps = values.get("first_step"), values.get("last_step")
    if steps != (None, None) and not _are_steps(*steps):
        yield _("give the first and the last step, from 1, the first not after the last.")
    if values.get("mode") == PUBLISHED and (layers or heads or steps != (None, None)):
        yield _("the published code always takes all layers, heads and steps: leave them empty.")


def _all_of(values: Any, kind: type) -> bool:
    return isinstance(values, list) and all(type(value) is kind for value in values)


def _are_steps(first: Any, last: Any) -> bool:
    return type(first) is int and type(last) is int and 1 <= first <= last
