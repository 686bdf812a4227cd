"""What each kind of document says, laid out as a tagged PDF in Albanian and the reader's language.

Notices are printed as their recipients have them (`briefs.documents`), the referral with a file of what may be shared
with that service. The others are for the unit and its coordinators, and say all of what they are about.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext

from access.models import localize
from audit import clock
from case_forms.form_builder.sources import Lists
from case_forms.questions import registry
from case_forms.questions.base import is_unanswered
from content.printables.pdf import Rendered
from notifications.briefs.composing import compose
from notifications.briefs.documents import OFFICE_LANGUAGE, render, to_pdf
from notifications.briefs.sections import Section, SectionRow, sections_in
from notifications.directory.models import Role
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import NoticeState
from notifications.texts.senders import ORGANISATION

from ..applying.submission_facts import SubmissionFacts
from ..brief_content import AnswerFacts, answer_rows, moment_words
from ..consent.gate import find_recipient_of, may_leave, may_share
from ..facts.reading import get_known
from ..models import Case, CaseStatus
from ..rule_events import _loaders
from .models import CaseDocument, DocumentKind

ROLES = {
    DocumentKind.POLICE.value: Role.POLICE,
    DocumentKind.AUTHORITY.value: Role.RESPONSIBLE_AUTHORITY,
    DocumentKind.CPU.value: Role.CPU,
    DocumentKind.REFERRAL.value: Role.PROTECTION_SERVICE,
}
PRINTED = (Purpose.FIRST, Purpose.REROUTE, Purpose.INSTEAD, Purpose.CORRECTION)
SAFETY_PLAN = "safety_plan"
# Of the safety plan, all that a card may say: whoever finds it in a pocket learns nothing from it.
CARD_GROUP, CARD_NAME, CARD_PHONE = "contacts", "contact_name", "contact_phone"
CARD_LINES = 6

# Of the gate: our own papers, and the card that is the person's own.
ROAD, CARD_ROAD = "own_document", "pocket_card"


class CannotMake(Exception):
    """Raised where there is nothing to print, or it may not be shared. `code` is a key of `labels.PROBLEMS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def render_document(document: CaseDocument) -> Rendered:
    """Lay out this document. Raises CannotMake; and, of the renderer, DocumentRefused and Busy."""
    check_may_leave(document.case, document.kind)
    if document.kind in ROLES:
        return _render_notice(document)
    if document.kind == DocumentKind.CARD:
        return _render_card(document)
    build = _build_identification if document.kind == DocumentKind.IDENTIFICATION else _build_summary
    return _render_own(document, build)


def check_may_leave(case: Case, kind: str) -> None:
    """Raise CannotMake where the gate doesn't let such a document of this case go.

    Of the notices only the referral's is asked about: the others are a legal duty, for which nothing is looked up.
    """
    if kind == DocumentKind.REFERRAL:
        notice = _get_notice(case, kind)
        if not may_share(case, find_recipient_of(case, notice), at=clock.now()).is_allowed:
            raise CannotMake("not_covered")
    elif kind not in ROLES:
        road = CARD_ROAD if kind == DocumentKind.CARD else ROAD
        if not may_leave(case, road).is_allowed:
            raise CannotMake("restricted")


def check_can_be_made(case: Case, kind: str) -> None:
    """Raise CannotMake if the case has nothing of which this kind could be made, or it may not leave."""
    check_may_leave(case, kind)
    if kind in ROLES:
        _get_notice(case, kind)
    elif kind == DocumentKind.IDENTIFICATION:
        _get_submission(case, "identification")
    elif kind == DocumentKind.CARD:
        _get_submission(case, SAFETY_PLAN)


# ---- notices ----


def _get_notice(case: Case, kind: str) -> Notice:
    found = Notice.objects.filter(case_id=case.pk, role=ROLES[kind], purpose__in=PRINTED)
    found = found.exclude(state=NoticeState.CANCELLED).select_related("contact__partner", "partner", "unit")
    notice = found.order_by("-owed_at").first()
    if notice is None:
        raise CannotMake("no_notice")
    return notice


def _render_notice(document: CaseDocument) -> Rendered:
    notice = _get_notice(document.case, document.kind)
    if document.kind != DocumentKind.REFERRAL:
        return render(notice)
    brief = _build_file(document.case, notice.role)
    return render(notice, more=lambda language: list(sections_in(notice, brief, language, on_paper=True)))


def _build_file(case: Case, role: str) -> dict[str, Any]:
    """Compose what all forms of the case share with this role, each answer as its form shares it."""
    rows = []
    for facts in _iter_submissions(case):
        content = AnswerFacts(
            municipality=case.municipality,
            unit=facts.unit,
            occurred_at=facts.occurred_at,
            form=facts.form,
            answers=facts.answers,
            sources=Lists(facts.by),
        )
        rows += [row for row in answer_rows(content) if row.on_paper]
    return compose(role, rows)


# ---- our own ----


def _render_own(document: CaseDocument, build: Callable[[CaseDocument, str], list[Section]]) -> Rendered:
    languages = dict.fromkeys((OFFICE_LANGUAGE, document.language))
    versions = []
    for language in languages:
        with translation.override(language):
            versions.append(
                {
                    "language": language,
                    "title": str(DocumentKind(document.kind).label),
                    "organisation": str(ORGANISATION),
                    "sections": build(document, language),
                }
            )
    context = {"document": document, "case": document.case, "versions": versions}
    return to_pdf(render_to_string("cases/documents/sheet.html", context), identifier=_identify(document))


def _identify(document: CaseDocument) -> str:
    return f"{document.case.reference}-{document.kind}-{document.version}"


def _build_identification(document: CaseDocument, language: str) -> list[Section]:
    facts = _get_submission(document.case, "identification")
    return [_build_head(document, facts), *_build_answers(facts, language)]


def _build_head(document: CaseDocument, facts: SubmissionFacts) -> Section:
    case = document.case
    rows = [
        (gettext("Case"), case.reference),
        (gettext("Status"), str(CaseStatus(case.status).label)),
        (gettext("Identified by"), facts.by.get_full_name() or facts.by.username),
        (gettext("Mobile unit"), facts.unit.name),
        (gettext("When"), moment_words(facts.occurred_at)),
    ]
    return Section(gettext("The case"), tuple(SectionRow(*row) for row in rows))


def _build_answers(facts: SubmissionFacts, language: str) -> list[Section]:
    """Return every answered question of a form, under its sections, whoever it is shared with."""
    sections: dict[str, list[SectionRow]] = {}
    sources = Lists(facts.by)
    for place in facts.form.iter_answer_places(facts.answers):
        if is_unanswered(place.value):
            continue
        question = place.question
        value = registry.get(question.type).formatted(place.value, question, language, sources)
        label = localize(question.label, language)
        number = ", ".join(str(row + 1) for row in place.rows)
        title = localize(place.located.section.title, language)
        sections.setdefault(title, []).append(SectionRow(f"{label} ({number})" if number else label, value))
    return [Section(title, tuple(rows)) for title, rows in sections.items()]


def _build_summary(document: CaseDocument, language: str) -> list[Section]:
    case = document.case
    head = [
        (gettext("Case"), case.reference),
        (gettext("Status"), str(CaseStatus(case.status).label)),
        (gettext("Child, or may be a child"), gettext("Yes") if case.child_track else gettext("No")),
        (gettext("Mobile unit"), case.unit.name),
        (gettext("Lead worker"), case.lead_worker.get_full_name() or case.lead_worker.username),
        (gettext("Opened"), moment_words(case.opened_at)),
        (gettext("Closed"), moment_words(case.closed_at) if case.closed_at else ""),
    ]
    sources = Lists(case.lead_worker)
    known = [
        (localize(each.fact.label, language), f"{each.in_words(language, sources)} ({_day(each.since)})")
        for each in get_known(case).values()
    ]
    return [
        Section(title, tuple(SectionRow(*row) for row in rows if row[1]))
        for title, rows in (
            (gettext("The case"), head),
            (gettext("What is known about the person"), known),
            (gettext("Who has been notified"), _list_notices(case)),
            (gettext("Duties that wait"), _list_duties(case, language)),
            (gettext("Forms of this case"), _list_forms(case)),
        )
        if rows
    ]


def _list_notices(case: Case) -> list[tuple[str, str]]:
    found = Notice.objects.filter(case_id=case.pk, purpose__in=PRINTED).select_related("contact")
    return [
        (
            str(Role(notice.role).label),
            f"{notice.contact.name if notice.contact else '–'}: {NoticeState(notice.state).label},"
            f" {moment_words(notice.accepted_at or notice.sent_at or notice.owed_at)}",
        )
        for notice in found.defer("brief", "ladder", "link_token").order_by("owed_at")
    ]


def _list_duties(case: Case, language: str) -> list[tuple[str, str]]:
    waiting = case.deadlines.filter(met_at__isnull=True, ended_at__isnull=True)
    return [(localize(duty.label, language), moment_words(duty.marks[-1]) if duty.marks else "–") for duty in waiting]


def _list_forms(case: Case) -> list[tuple[str, str]]:
    # By its reverse name: submissions stand on a floor above.
    sent = case.submissions.select_related("form_version__form", "submitted_by").defer("answers")
    return [
        (
            row.form_version.title,
            f"{moment_words(row.received_at)}, {row.submitted_by.get_full_name() or row.submitted_by.username}",
        )
        for row in sent.order_by("received_at")
    ]


def _day(moment: datetime) -> str:
    return date_format(localtime(moment), "j.n.Y")


# ---- the card ----


def _render_card(document: CaseDocument) -> Rendered:
    """Lay out a card of the size of a bank card: names and numbers that the person chose, and nothing else."""
    facts = _get_submission(document.case, SAFETY_PLAN)
    rows = facts.answers.get(CARD_GROUP) or []
    numbers = [
        (str(row.get(CARD_NAME) or ""), str(row.get(CARD_PHONE) or ""))
        for row in rows
        if isinstance(row, dict) and row.get(CARD_PHONE)
    ]
    if not numbers:
        raise CannotMake("no_numbers")
    context = {"language": document.language, "numbers": numbers[:CARD_LINES]}
    with translation.override(document.language):
        html = render_to_string("cases/documents/card.html", context)
    # No reference of the case: not even the file's own name may lead there.
    return to_pdf(html, identifier=str(document.pk))


# ---- forms ----


def _get_submission(case: Case, kind: str) -> SubmissionFacts:
    """Return the newest form of this kind, or with this key, as it stands after corrections. Raises CannotMake."""
    for facts in reversed(list(_iter_submissions(case))):
        if kind in (facts.form.kind, facts.form.key):
            return facts
    raise CannotMake("no_form")


def _iter_submissions(case: Case) -> list[SubmissionFacts]:
    """Return the forms of a case, the oldest first, without those that a correction took the place of."""
    sent = case.submissions.exclude(
        pk__in=case.corrected_forms.values("submission_id"),
    ).filter(forgotten_at__isnull=True)
    keys = sent.order_by("received_at", "pk").values_list("pk", flat=True)
    now = clock.now()
    return [_loaders[-1](key, case, now)[0] for key in keys]
