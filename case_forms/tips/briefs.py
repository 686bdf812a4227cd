"""The content of a notice about a tip.

What routes it, then the answers that are shared with that role, then what the person has added. As with a case's
notices, `compose` lets a row pass only on the word True.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext, pgettext

from access.languages import LANGUAGES
from case_forms.cases.brief_content import CASE_PARTS, EVERY_ROLE, AnswerFacts, both, moment_words
from notifications.briefs.composing import BriefRow, compose
from notifications.directory.models import Role

UNIT_ONLY: Mapping[str, bool] = {Role.MOBILE_UNIT.value: True}


def tip_brief(
    role: str, content: AnswerFacts, *, reference: str, from_session: bool, urgent: bool = False, added: str = ""
) -> dict[str, Any]:
    """Build the brief of one role. `added`: what the person has just written besides; the unit alone reads it."""
    rows = [
        *_head(content, reference, from_session=from_session, urgent=urgent),
        *_added(added),
        *content.answer_rows,
    ]
    return compose(role, rows, urgent=urgent)


def _head(content: AnswerFacts, reference: str, *, from_session: bool, urgent: bool) -> Iterator[BriefRow]:
    section = both(lambda: gettext("The message"))
    lines = [
        ("reference", lambda: gettext("Reference"), lambda: reference, EVERY_ROLE),
        (
            "origin",
            lambda: gettext("Source"),
            lambda: (
                gettext("the public page, through the card of an informative session")
                if from_session
                else gettext("the public page")
            ),
            EVERY_ROLE,
        ),
        (
            "status",
            lambda: gettext("Reliability"),
            # Anybody can send a tip; a recipient must not take it for a case's notice (ADR 28).
            lambda: gettext("Nobody has checked it yet. No case is open."),
            EVERY_ROLE,
        ),
        (
            "urgency",
            lambda: gettext("Urgency"),
            lambda: gettext("urgent") if urgent else gettext("not marked urgent"),
            EVERY_ROLE,
        ),
        ("municipality", lambda: gettext("Municipality"), lambda: content.municipality.name, EVERY_ROLE),
        ("received", lambda: gettext("Received"), lambda: moment_words(content.occurred_at), EVERY_ROLE),
        ("unit", lambda: gettext("Unit"), lambda: content.unit.name, EVERY_ROLE),
        (
            "callback",
            lambda: gettext("Call back"),
            lambda: content.unit.callback_phone or pgettext("no phone", "none"),
            EVERY_ROLE,
        ),
        (
            "to_answer",
            lambda: gettext("To reply"),
            lambda: gettext("Sign in and open “Messages from the public”. The person reads your answer with a code."),
            UNIT_ONLY,
        ),
    ]
    for key, label, value, shared in lines:
        yield BriefRow(f"signal.{key}", both(label), both(value), shared, section, part=CASE_PARTS.get(key, ""))


def _added(text: str) -> Iterator[BriefRow]:
    if text:
        yield BriefRow(
            "signal.added",
            both(lambda: gettext("Written now")),
            # As it was written: nobody translates it.
            dict.fromkeys(LANGUAGES, text),
            UNIT_ONLY,
            both(lambda: gettext("The person wrote again")),
        )
