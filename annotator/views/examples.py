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
    verdict: str
    why: str | Promise


def examples(study: Study) -> list[Example]:
    """Three points of this study's scale, and each reason for giving none."""
    a, dog, beside = _("A "), _("dog"), _(" sits beside a ball.")

    def point(score: int) -> str:
        return f"{score} · {study.label_of(score)}"

    return [
        Example(
            "annotator/examples/excellent.svg",
            _("A dog beside a ball. The highlighting covers the dog and nothing else."),
            *(a, dog, beside),
            point(5),
            _("It covers the whole dog, and nothing but the dog."),
        ),
        Example(
            "annotator/examples/fair.svg",
            _("A dog beside a ball. The highlighting covers the dog's front and the ball."),
            *(a, dog, beside),
            point(3),
            _("It finds part of the dog, but as much of the ball."),
        ),
        Example(
            "annotator/examples/bad.svg",
            _("A dog beside a ball. The highlighting lies in the empty sky."),
            *(a, dog, beside),
            point(1),
            _("It lies somewhere else."),
        ),
        Example(
            "annotator/examples/too-poor.svg",
            _("Smears in which nothing can be made out, with some highlighting."),
            *(a, dog, beside),
            str(OptOut.IMAGE_TOO_POOR.label),
            _("No dog can be made out, so there is nothing to compare with."),
        ),
        Example(
            "annotator/examples/too-abstract.svg",
            _("A dog beside a ball. The highlighting lies between them."),
            _("A dog has the "),
            _("idea"),
            _(" to play."),
            str(OptOut.WORD_TOO_ABSTRACT.label),
            _("An idea has no place in a picture that the highlighting could show."),
        ),
    ]
