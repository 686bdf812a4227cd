"""A stored submission as the beginning of a story: opened under its reader's own rights, and recorded."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import User, localize
from audit.chain import get_actor, log_event
from case_forms.cases.models import Case
from case_forms.simulation.story import ALBANIA
from case_forms.submissions.models import Submission
from case_forms.submissions.validation.validate import Answers

from .story_form import TYPED_AT


class NotFound(Exception):
    """Nothing that this reader may open has this reference. The text says what to do."""


@dataclass(frozen=True)
class Opened:
    """What was read of a submission. `at`: when it happened, as the page's field has it."""

    form: str
    answers: Answers
    municipality: str
    at: str


def open_submission(reference: str, *, form: str, by: User) -> Opened:
    """Read the newest submission of this form in a case that the reader may see, and record the reading.

    Raises NotFound: for a case of another region with the same words as for one that doesn't exist.
    """
    cases = Case.objects.visible_to(by).select_related("municipality")
    case = cases.filter(reference=reference.strip().upper()).first()
    if case is None:
        raise NotFound(_("You can see no case with this reference."))
    of_case = Submission.objects.visible_to(by).filter(case=case).select_related("form_version__form")
    found = of_case.filter(form_version__form__key=form).order_by("-received_at").first()
    if found is None:
        titles = sorted({localize(each.form_version.parsed_form.title) for each in of_case})
        words = _("This case has nothing of this form. It has: %(forms)s.") if titles else _("This case has no forms.")
        raise NotFound(words % {"forms": ", ".join(titles)} if titles else words)
    # The event first, in one transaction: what can't be audited isn't shown.
    with transaction.atomic():
        log_event("submission.read", actor=get_actor(by), target_kind="submission", target_id=found.pk)
        answers = dict(found.answers)
    return Opened(
        form=found.form_version.form.key,
        answers=answers,
        municipality=case.municipality.slug if case.municipality else "",
        at=timezone.localtime(found.received_at, ALBANIA).strftime(TYPED_AT),
    )
