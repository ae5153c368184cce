"""What can go wrong that a person can do something about. The text is shown as it stands."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class AnnotatorError(Exception):
    """Something could not be done."""

    # What raters may read is said in their language; the rest is its class's docstring.
    sentence: str | Promise = ""

    def __str__(self) -> str:
        return " ".join(map(str, self.args)) or str(self.sentence or self.__doc__).strip()


class UploadRefused(AnnotatorError):
    """The file could not be read. Save it as UTF-8 text and upload it again."""


class AlreadyImported(UploadRefused):
    """This very file is in the study already. Change it, or import it into another study."""


class StudyFileRefused(AnnotatorError):
    """The study file has mistakes. Mend them and upload it again."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(*problems)
        self.problems = tuple(problems)


class SnapshotRefused(AnnotatorError):
    """A snapshot of this name cannot be made. Choose another name."""


class SnapshotFailed(AnnotatorError):
    """The snapshot could not be written. Ask for it again."""


class StudyNotReady(AnnotatorError):
    """The study cannot be opened yet."""


class WrongStatus(AnnotatorError):
    """The study's status does not allow this."""


class StudyNotOpen(AnnotatorError):
    sentence = _("This study is not taking ratings now. Keep the link and come back later.")


class AssignmentGone(AnnotatorError):
    sentence = _(
        "This item was given to somebody else because its time ran out. The next one is on its way."
    )


class RatingConflict(AnnotatorError):
    sentence = _(
        "This answer's number was used for another answer. Reload the page and rate again."
    )


class MaskRefused(AnnotatorError):
    sentence = _("This drawing does not fit its picture. Reload the page and draw it again.")


class WrongPhase(AnnotatorError):
    sentence = _(
        "This part of the study is not where you are. Reload the page to go on where you were."
    )


class QuestionnaireRefused(AnnotatorError):
    """The questionnaire's definition is not complete."""


class InvitationUsed(AnnotatorError):
    sentence = _("This link has let in as many people as it was made for. Ask for another.")


class TooManyJoins(AnnotatorError):
    sentence = _(
        "Many people have just begun from where you are. Wait ten minutes and open the link again."
    )


class ArrivalRefused(AnnotatorError):
    sentence = _(
        "Open the study from the page that offered it: the address you came by is not complete."
    )


class PanelUnreachable(AnnotatorError):
    sentence = _("The panel that sent you could not be asked. Try again in a minute.")


class TokenRefused(AnnotatorError):
    """Send “Authorization: Bearer …” with a token that is valid. Make one under API tokens."""


class ScopeMissing(AnnotatorError):
    """The token does not have the scope for this. Make one that has it under API tokens."""


class TooManyRequests(AnnotatorError):
    """Wait as long as Retry-After says, and ask for more rows at a time."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            f"This token has used up its requests of this minute. Wait {wait_seconds} s, "
            "and ask for more rows at a time with `limit`."
        )
        self.wait_seconds = wait_seconds


class LibraryMissing(AnnotatorError):
    """Dawid–Skene and MACE need crowd-kit. Install it: pip install "daam-annotator[crowd]"."""


class BeingComputed(AnnotatorError):
    """These numbers are being computed. Ask again in a minute."""
