"""The record of a session as a phone takes it along: the page's own fields, and what the phone itself checks.

The kit is the one that the session is planned with: whoever used another one says so online, where its materials are.
"""

import hashlib
import json
from typing import Any

from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from access.models import User

from ..forms.outcome import CLASS_SIZE, IN_CLASS, OutcomeForm
from ..forms.plan import PlanForm
from ..labels import SessionState
from ..models import InformativeSession
from ..permissions import get_permissions, get_plannable_units

FORM, PLAN_FORM = "session_record", "session_plan"  # what a phone writes as its form, with a marked field beside
SESSION, SEEN = "_session", "_seen"  # the session's key, and the state in which the phone knew it
PLAN = "_plan"


def may_take_along(user: User, session: InformativeSession) -> bool:
    """Whether this person records it on a phone: their unit's, until it has its report."""
    return get_permissions(user, session).may_record and session.state != SessionState.REPORTED


def describe_state(session: InformativeSession) -> str:
    """Return what changes whenever somebody records the session."""
    return f"{session.state} {session.changed_at.isoformat()}"


def build_record_package(session: InformativeSession) -> dict[str, Any]:
    """Build the form with what is known, in the active language.

    Returns {"session", "title", "html", "fields": what a draft begins with, "words", "class_size": above how many the
    phone asks, 0 for any, "asks_used": whether it asks about materials of which none is ticked, "sha256"}.
    """
    form = OutcomeForm(instance=session)
    version = form.shown_version
    context = {"form": form, "session": session, "on_phone": True, "with_kit": version is not None}
    package = {
        "session": str(session.pk),
        "title": f"{session.get_audience_display()}, {session.municipality}",
        "html": render_to_string("outreach_pages/records/_outcome_fields.html", context),
        "fields": _get_hidden(session, form),
        "class_size": CLASS_SIZE if session.audience in IN_CLASS else 0,
        "asks_used": version is not None and bool(version.content["materials"]),
        "words": _get_words(),
    }
    digest = hashlib.sha256(json.dumps(package, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return {**package, "sha256": digest}


def build_plan_package(user: User) -> dict[str, Any] | None:
    """Build the form that plans a session, in the active language; None for whoever plans for no unit.

    Returns {"html", "fields", "words", "sha256"} as `build_record_package` does.
    """
    if not get_plannable_units(user).exists():
        return None
    html = render_to_string("outreach_pages/records/_plan_fields.html", {"form": PlanForm(user=user)})
    package = {"html": html, "fields": [[PLAN, "1"]], "words": {"missing": _("Answer this question.")}}
    digest = hashlib.sha256(json.dumps(package, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return {**package, "sha256": digest}


def _get_hidden(session: InformativeSession, form: OutcomeForm) -> list[list[str]]:
    version = form.shown_version
    named = str(version.pk) if version is not None else ""
    hidden = [[SESSION, str(session.pk)], [SEEN, describe_state(session)], ["kit_version", named]]
    return [*hidden, [OutcomeForm.SHOWN_VERSION, named]] if named else hidden


def _get_words() -> dict[str, str]:
    return {
        "total": _("Write how many came: one or more. If nobody came, cancel it."),
        "sum": _("The table adds up to {sum}, and you counted {total} at the door. Check both."),
        "topics": _("Tick at least one topic."),
        "method": _("Choose the method."),
        "number": _("Write whole numbers only."),
        "class": _("{total} is more than a class: is it one session? Two separate classes are two sessions."),
        "class_yes": _("It was one session"),
        "used": _("You named a kit, and no material of it is ticked."),
        "used_yes": _("None of them was used"),
    }


def read_posted(fields: list[tuple[str, str]]) -> QueryDict:
    """Return what a phone wrote as the page posts it."""
    posted = QueryDict(mutable=True)
    for name, value in fields:
        if not name.startswith("_"):
            posted.appendlist(name, value)
    return posted
