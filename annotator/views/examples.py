"""The worked examples of the instructions: the researcher's own, or drawings that always fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from annotator import models
from annotator.enums import OptOut
from annotator.models import Study


@dataclass(frozen=True)
class Example:
    """A drawing, the sentence around the judged word, the right answer and the reason for it."""

    image: str
    alt: str | Promise
    before: str | Promise
    word: str | Promise
    after: str | Promise
    verdict: str | Promise
    why: str | Promise


@dataclass(frozen=True)
class OwnExample:
    """An example from the study's own pictures, with its answer in words."""

    example: models.Example
    before: str
    word: str
    after: str
    verdict: str


def of_study(study: Study, own: Iterable[models.Example]) -> list[OwnExample]:
    return [_own(example, study) for example in own]


def _own(example: models.Example, study: Study) -> OwnExample:
    word, text = example.word, example.word.prompt.text
    return OwnExample(
        example=example,
        before=text[: word.start],
        word=text[word.start : word.end],
        after=text[word.end :],
        verdict=verdict(example, study),
    )


def verdict(example: models.Example, study: Study) -> str:
    """The accepted answer as raters know it: “4 · Good”, “3 · Fair – 4 · Good” or a reason."""
    if example.opt_out:
        return str(OptOut(example.opt_out).label)
    ends = dict.fromkeys((example.accepted[0], example.accepted[-1]))
    return " – ".join(f"{score} · {study.label_of(score)}" for score in ends)


_DOG = {"before": _("A "), "word": _("dog"), "after": _(" sits beside a ball.")}


def points(study: Study) -> list[Example]:
    """The best, the middle and the worst point of this study's scale."""
    return [
        Example(
            image="annotator/examples/excellent.svg",
            alt=_("A dog beside a ball. The highlighting covers the dog and nothing else."),
            **_DOG,
            verdict=f"5 · {study.label_of(5)}",
            why=_("It covers the whole dog, and nothing but the dog."),
        ),
        Example(
            image="annotator/examples/fair.svg",
            alt=_("A dog beside a ball. The highlighting covers the dog's front and the ball."),
            **_DOG,
            verdict=f"3 · {study.label_of(3)}",
            why=_("It finds part of the dog, but as much of the ball."),
        ),
        Example(
            image="annotator/examples/bad.svg",
            alt=_("A dog beside a ball. The highlighting lies in the empty sky."),
            **_DOG,
            verdict=f"1 · {study.label_of(1)}",
            why=_("It lies somewhere else."),
        ),
    ]


OPT_OUTS = (
    Example(
        image="annotator/examples/too-poor.svg",
        alt=_("Smears in which nothing can be made out, with some highlighting."),
        **_DOG,
        verdict=OptOut.IMAGE_TOO_POOR.label,
        why=_("No dog can be made out, so there is nothing to compare with."),
    ),
    Example(
        image="annotator/examples/too-abstract.svg",
        alt=_("A dog beside a ball. The highlighting lies between them."),
        before=_("A dog has the "),
        word=_("idea"),
        after=_(" to play."),
        verdict=OptOut.WORD_TOO_ABSTRACT.label,
        why=_("An idea has no place in a picture that the highlighting could show."),
    ),
)
