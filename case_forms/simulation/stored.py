"""A stored submission as a story: what would happen if it came in again.

Its answers are opened under the rights of whoever asks, which is recorded. The story holds them, so it stays in memory:
it must not become a scenario, and no page may carry it.
"""

from typing import Any

from access.models import User
from audit.chain import get_actor, log_event
from case_forms.form_builder.definition import Form
from case_forms.submissions.models import Submission
from case_forms.tips.deciding import get_seat

from .story import Story, read_story

# Answers that stand for rows of the real house which a simulated one doesn't hold.
OF_THE_REAL_HOUSE = frozenset({"case_reference", "file", "session", "outreach_visit"})


class NotReadable(Exception):
    """This person may not read the submission, or its answers are gone."""


def retell(*, submission: Submission, by: User, acts: list[dict[str, Any]] | None = None) -> Story:
    """Return the story of a submission, at its own time and place. It is recorded that its answers were read.

    Answers that name a case, a file or a session are left out. Raises NotReadable.
    """
    mine = Submission.objects.visible_to(by).filter(pk=submission.pk)
    found = mine.select_related("form_version__form", "unit__region", "case__municipality").first()
    answers: Any = found.answers if found is not None else None
    if found is None or answers is None:
        raise NotReadable
    log_event("submission.read", actor=get_actor(by), target_kind="submission", target_id=found.pk, simulated=True)
    place = found.case.municipality if found.case else get_seat(found.unit.region)
    return read_story(
        {
            "form": found.form_version.form.key,
            "answers": _without_rows(found.form_version.parsed_form, answers),
            "fill": False,
            "municipality": place.slug,
            "unit": found.unit.slug,
            "at": found.received_at.isoformat(),
            "minutes_before": max(int((found.received_at - found.occurred_at).total_seconds() // 60), 0),
            "acts": acts or [],
        }
    )


def _without_rows(form: Form, answers: dict[str, Any]) -> dict[str, Any]:
    left_out = {key for key, located in form.questions_by_key.items() if located.question.type in OF_THE_REAL_HOUSE}
    return {key: value for key, value in answers.items() if key not in left_out}
