"""Why a form isn't received. Whatever is raised here, nothing was stored."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from .validation.result import AnswerProblem

if TYPE_CHECKING:
    from .confirmations import ToConfirm


class UnknownForm(Exception):
    """No such form, or no such version of it."""


class UuidReused(Exception):
    """The UUID belongs to another submission already."""


class NotAllowed(Exception):
    """The person may not submit here.

    `code`: not_a_worker, unit_needed (works in several units: name one).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class AnswersRefused(Exception):
    """The answers are invalid. `errors` says what to correct, each with its path; no error holds an answer."""

    def __init__(self, errors: list[AnswerProblem]) -> None:
        super().__init__(", ".join(sorted({error.code for error in errors})))
        self.errors = errors


class UnknownAttachment(AnswersRefused):
    """An answer names a file that this person hasn't uploaded for this form, or that another submission has."""

    def __init__(self) -> None:
        super().__init__(
            [AnswerProblem("/answers", "unknown_attachment", _("A file is no longer here; choose it again."))]
        )


class ConfirmationNeeded(Exception):
    """The answers are valid, but something in them may be a slip.

    `asked` says what is to be corrected or confirmed.
    """

    def __init__(self, asked: "list[ToConfirm]") -> None:
        super().__init__(", ".join(warning.key for warning in asked))
        self.asked = asked


class ChangedSince(Exception):
    """The draft was changed elsewhere after its review page was shown."""


class CorrectedSince(Exception):
    """The submission that this corrects can't be corrected any more.

    `code`: see `correcting.REFUSALS`. `newest`: the version that can be, where somebody has corrected it meanwhile.
    """

    def __init__(self, code: str, newest: UUID | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.newest = newest


class NotDecided(Exception):
    """The procedure can't be carried out, so the submission was refused; `where` names the rule or fact.

    A submission is never stored undecided: its sender would believe that the police know.
    """

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.where = where
