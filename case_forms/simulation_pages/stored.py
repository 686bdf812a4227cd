"""A stored submission as the answers of a story: opened under its reader's own rights, and recorded each time.

No page carries these answers: it names the case, and they are opened anew when the story runs. So they can't become a
scenario either.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from access.models import User, localize
from audit.chain import get_actor, log_event
from case_forms.cases.models import Case
from case_forms.submissions.models import Submission
from case_forms.submissions.validation.validate import Answers

# Answers that stand for rows of the real service, which a simulated one doesn't have.
OF_THE_REAL_SYSTEM = frozenset({"case_reference", "file", "session", "outreach_visit"})


class NotFound(Exception):
    """Nothing that this reader may open has this reference. The text says what to do."""


def open_submission(reference: str, *, form: str, by: User) -> Answers:
    """Read the newest submission of this form in a case that the reader may see, and record the reading.

    Raises NotFound: for a case of another region with the same words as for one that doesn't exist.
    """
    case = Case.objects.visible_to(by).filter(reference=reference.strip().upper()).first()
    if case is None:
        raise NotFound(_("You can see no case with this reference."))
    of_case = Submission.objects.visible_to(by).filter(case=case).select_related("form_version__form")
    found = of_case.filter(form_version__form__key=form).order_by("-received_at").first()
    if found is None:
        titles = sorted({localize(each.form_version.parsed_form.title) for each in of_case})
        if not titles:
            raise NotFound(_("This case has no forms."))
        raise NotFound(_("This case has nothing of this form. It has: %(forms)s.") % {"forms": ", ".join(titles)})
    # The event first, in one transaction: what can't be audited isn't used.
    with transaction.atomic():
        log_event("submission.read", actor=get_actor(by), target_kind="submission", target_id=found.pk, simulated=True)
        answers = found.answers
    if not isinstance(answers, dict):
        raise NotFound(_("The answers of this form are deleted."))
    types = {key: each.question.type for key, each in found.form_version.parsed_form.questions_by_key.items()}
    return {key: value for key, value in answers.items() if types.get(key) not in OF_THE_REAL_SYSTEM}
