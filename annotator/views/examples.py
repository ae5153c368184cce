"""The worked examples of the instructions: drawings, which give no item of a study away."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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
