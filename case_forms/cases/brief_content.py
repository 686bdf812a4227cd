"""The content of a brief: the facts of the case that route it, then the answers that are shared with that role.

Nothing here decides who reads what: each row carries its own `shared_with`, and `briefs.composing.compose` lets it pass
only on the word True. A question without `shared_with` is shared with nobody, and a condition that can't be worked out
shares nothing. What each row is for (its part) decides where the role reads it: see `notifications.briefs.parts`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import formats, timezone, translation
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE, LANGUAGES, in_each_language, same_in_each_language
from access.models import MobileUnit, Municipality
from audit import clock
from case_forms import expressions
from case_forms.form_builder.brief_parts import get_part
from case_forms.form_builder.definition import AnswerPlace, Form, Question, Section, Texts
from case_forms.procedures.organisation_settings import read_in
from case_forms.questions import registry
from case_forms.questions.base import ChoiceSource, is_unanswered
from notifications.briefs.composing import BriefRow, compose
from notifications.directory.models import Role
from notifications.outbox.models import Notice
from notifications.outbox.states import NoticeState

from .models import Case, CaseStatus, FormalIdentification

EVERY_ROLE: Mapping[str, bool] = dict.fromkeys(Role.values, True)

# What each fact of the case is for. One without a part is read under "The case", after what matters first.
CASE_PARTS: Mapping[str, str] = {
    "urgency": "urgency",
    "municipality": "place",
    "age_group": "age",
    "status": "status",
    "unit": "call",
    "sender": "call",
    "callback": "call",
    "formal_identification": "status",
    "police": "police_case",
}
# Whoever isn't notified as a duty of the procedure learns no more of the case than the help needs: no status, which
# says "trafficking"; a school nothing but where to call (ADR 57).
FACTS_TO_HELP = frozenset({"reference", "urgency", "age_group", "municipality", "occurred_at", "unit", "callback"})
# Of interest to whoever takes over or holds the file; the police and the others don't need to read it.
FACTS_OF_FEW: Mapping[str, frozenset[str]] = {
    "formal_identification": frozenset({Role.PROTECTION_SERVICE, Role.RESPONSIBLE_AUTHORITY, Role.LEGAL_AID}),
    "police": frozenset({Role.PROTECTION_SERVICE, Role.RESPONSIBLE_AUTHORITY, Role.LEGAL_AID}),
    "sender": frozenset({Role.POLICE, Role.RESPONSIBLE_AUTHORITY, Role.CPU, Role.PROTECTION_SERVICE})
    | {Role.SOCIAL_SERVICE},
}
FACTS_OF_ROLE: Mapping[str, frozenset[str]] = {
    Role.SOCIAL_SERVICE: FACTS_TO_HELP | {"sender"},
    Role.HEALTH: FACTS_TO_HELP,
    Role.PSYCHOLOGIST: FACTS_TO_HELP,
    Role.EMBASSY_DESK: FACTS_TO_HELP,
    Role.SOCIAL_SERVICE: FACTS_TO_HELP | {"sender"},
    Role.SCHOOL: frozenset({"unit", "callback"}),
}


@dataclass(frozen=True, kw_only=True)
class AnswerFacts:
    """The source of a brief's answers. `facts` are the decision's; conditions read answers, facts and dates."""

    municipality: Municipality
    unit: MobileUnit
    occurred_at: datetime
    form: Form = field(repr=False)
    answers: Mapping[str, Any] = field(repr=False)
    sources: ChoiceSource = field(repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)  # what the organisation chose: {"_setting_<key>": value}
    today: str = ""
    # by question, when an answer had been said that nobody has asked again: its reader must know
    carried_over: Mapping[str, datetime] = field(default_factory=dict)

    @cached_property
    def answer_rows(self) -> tuple[BriefRow, ...]:
        """Every shared answer as a row, with the roles that may read it."""
        return tuple(answer_rows(self))

    @property
    def case_status(self) -> str | None:
        """The case's status; None for what belongs to no case."""
        return None

    @property
    def case_child(self) -> bool | None:
        """Whether the case is followed as a child's; None for what belongs to no case."""
        return None


@dataclass(frozen=True, kw_only=True)
class BriefFacts(AnswerFacts):
    """The source of a brief about a case."""

    case: Case
    sender: str = ""  # whoever filed the form, for offices that file the paper

    @cached_property
    def when(self) -> Texts:
        """When it happened, in words."""
        return both(lambda: moment_words(self.occurred_at))

    @property
    def case_status(self) -> str:
        return self.case.status

    @property
    def case_child(self) -> bool:
        return self.case.child_track


def brief_for(role: str, content: BriefFacts, *, urgent: bool = False) -> dict[str, Any]:
    """Build the brief of one role, filtered for it, as `briefs.composing.compose` makes it."""
    return compose(role, [*case_rows(content, urgent=urgent, role=role), *content.answer_rows], urgent=urgent)


def both(write: Callable[[], Any]) -> Texts:
    """Call `write()` under each language and return {language: text}."""
    texts: dict[str, str] = {}
    for language in LANGUAGES:
        with translation.override(language):
            texts[language] = str(write())
    return texts


# ---- facts of the case ----


def age_group(facts: Mapping[str, Any], *, child_track: bool) -> str:
    """Return child, adult, as_child (an age of an adult in a child's case), or unknown.

    A doubt about the age is never written as "adult", and an age that was read from a document never as not known.
    """
    age = facts.get("age")
    # A bool is an int in Python: True must not pass for one year.
    known = isinstance(age, (int, float)) and not isinstance(age, bool)
    if known and age < 18:  # type: ignore[operator]
        return "child"
    if not known:
        return "unknown"
    return "as_child" if child_track else "adult"


# The words of these rows, by what they say. Those of a release never change while a process lives.
WORDS: Mapping[str, Any] = {
    "section": _("The case"),
    "label.reference": _("Case"),
    "label.urgency": _("Urgency"),
    "label.status": _("Status"),
    "label.age_group": _("Age"),
    "label.municipality": _("Municipality"),
    "label.occurred_at": _("When"),
    "label.formal_identification": _("Formal identification"),
    "label.police": _("Police"),
    "label.sender": _("Filed by"),
    "label.unit": _("Sent by"),
    "label.callback": _("Call back"),
    "label.drill": _("Drill"),
    "urgent": _("urgent"),
    "not_urgent": _("not marked urgent"),
    "age.child": _("child (under 18)"),
    "age.adult": _("adult"),
    "age.as_child": _("followed as a child's case: treat as a child"),
    "age.unknown": _("not known, or in doubt: treat as a child"),
    "no_phone": pgettext_lazy("no phone", "none"),
    "drill": _("This is an exercise. Nobody is in danger."),
    **{f"status.{each.value}": each.label for each in CaseStatus},
    **{f"identification.{each.value}": each.label for each in FormalIdentification},
}


@cache
def _say(key: str) -> Texts:
    """Return one of the WORDS in each language."""
    return in_each_language(WORDS[key])


def case_rows(content: BriefFacts, *, urgent: bool, role: str = "") -> Iterator[BriefRow]:
    """Yield reference, urgency, status, age group, municipality, time, and the unit with the number to call.

    With a `role`, only those that it reads. A follow-up form that doesn't ask for the age says nothing of it, unless
    the
    case is on the child track.
    """
    case = content.case
    group = age_group(content.facts, child_track=case.child_track)
    says_age = group != "unknown" or case.child_track
    phone = content.unit.callback_phone
    # Only the rows that this role reads are worded.
    values: dict[str, Callable[[], Texts]] = {
        "reference": lambda: same_in_each_language(case.reference),
        "urgency": lambda: _say("urgent" if urgent else "not_urgent"),
        "status": lambda: _say(f"status.{case.status}"),
        **({"age_group": lambda: _say(f"age.{group}")} if says_age else {}),
        "municipality": lambda: same_in_each_language(content.municipality.name),
        "occurred_at": lambda: content.when,
        "formal_identification": lambda: _say(f"identification.{case.formal_identification}"),
        "police": lambda: _word_police(case),
        **({"sender": lambda: same_in_each_language(content.sender)} if content.sender else {}),
        "unit": lambda: same_in_each_language(content.unit.name),
        "callback": lambda: same_in_each_language(phone) if phone else _say("no_phone"),
    }
    for key, word in values.items():
        if not role or role in _get_readers(key):
            yield BriefRow(
                key=f"case.{key}",
                label=_say(f"label.{key}"),
                value=word(),
                shared_with=_get_readers(key),
                section=_say("section"),
                part=CASE_PARTS.get(key, ""),
            )
    if case.is_drill:
        yield BriefRow(
            key="case.drill",
            label=_say("label.drill"),
            value=_say("drill"),
            shared_with=EVERY_ROLE,
            section=_say("section"),
        )


def _word_police(case: Case) -> Texts:
    notices = _notices_to_police(case)
    return both(lambda: police_words(notices))


@cache
def _get_readers(fact: str) -> Mapping[str, bool]:
    """Return the roles that read a fact of the case.

    All roles, or the few that it is for; without those that have a shorter list of their own.
    """
    readers = FACTS_OF_FEW.get(fact, Role.values)
    return {role: True for role in readers if fact in FACTS_OF_ROLE.get(role, (fact,))}


def police_words(notices: Sequence[Notice]) -> str:
    """Return whether and when the police were notified of the case, and whether they took it on: as it stands now.

    `notices`: the case's notices to the police, the oldest first. Who accepted and gave it back later took nothing on.
    """
    # `accepted_at` stays when somebody gives the notice back; `declined_at` is what says that they did.
    going_on = [notice for notice in notices if notice.declined_at is None]
    accepted = next((notice.accepted_at for notice in going_on if notice.accepted_at), None)
    if accepted is not None:
        return gettext("Notified, and accepted on %(at)s") % {"at": moment_words(accepted)}
    sent = next((notice.sent_at for notice in going_on if notice.sent_at), None)
    if sent is not None:
        return gettext("Notified on %(at)s, no answer yet") % {"at": moment_words(sent)}
    declined = max((notice.declined_at for notice in notices if notice.declined_at), default=None)
    if declined is not None:
        return gettext("Notified, but declined on %(at)s; nobody has taken it on yet") % {"at": moment_words(declined)}
    # A notice that was withdrawn says nothing about where the police stand.
    states = {notice.state for notice in notices} - {NoticeState.CANCELLED}
    if states == {NoticeState.FAILED}:
        return gettext("Nobody at the police has been reached yet")
    if states:
        made_at = min(notice.owed_at for notice in going_on)
        return gettext("A notice of %(at)s is on its way, not yet delivered") % {"at": moment_words(made_at)}
    return gettext("Not notified through this system")


def _notices_to_police(case: Case) -> list[Notice]:
    return list(_find_to_police(case=case.pk))


def _find_to_police(case: UUID) -> QuerySet[Notice]:
    return (
        Notice.objects.filter(case_id=case, role=Role.POLICE)
        .order_by("owed_at")
        .only("id", "state", "owed_at", "sent_at", "accepted_at", "declined_at")
    )


def moment_words(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "j F Y, H:i")


# ---- answers ----


def answer_rows(content: AnswerFacts) -> Iterator[BriefRow]:
    """Yield one row for each answered question that is shared with anybody, in document order."""
    # The names that the conditions of `shared_with` may read besides the answers (docs/expressions.md).
    scope = {
        **content.answers,
        **content.facts,
        **content.settings,
        "_today": content.today or clock.localdate().isoformat(),
        "_occurred_on": timezone.localdate(content.occurred_at).isoformat(),
        "_now": clock.localtime().isoformat(timespec="seconds"),
        "_case_status": content.case_status,
        "_case_child": content.case_child,
    }
    for place in content.form.iter_answer_places(content.answers):
        title = _for_recipients(place.located.section, "title")
        section = {language: _in(title, language) for language in LANGUAGES}
        # Nothing in a group is ever taken over.
        said_at = content.carried_over.get(place.question.key) if not place.rows else None
        for row in _row(place.question, place.value, {**scope, **place.scope}, section, content.sources):
            yield _in_its_group(_taken_over(row, said_at) if said_at else row, place)


def _in_its_group(row: BriefRow, place: AnswerPlace) -> BriefRow:
    """Return the row under the names of the repeats it stands in: "Household 1, Child 2: Age"."""
    if not place.rows:
        return row
    groups = list(zip(place.located.repeats, place.rows, strict=True))
    key = "".join(f"{repeat.key}.{index}." for repeat, index in groups)
    label = {}
    for language, words in row.label.items():
        names = (f"{_in(repeat.label, language)} {index + 1}" for repeat, index in groups)
        label[language] = f"{', '.join(names)}: {words}"
    # The position is part of the key, so rows of several children differ.
    return replace(row, key=f"{key}{row.key}", label=label)


def _taken_over(row: BriefRow, said_at: datetime) -> BriefRow:
    """Return the row with when its answer had been said, because it was not asked again."""
    words = both(
        lambda: (
            gettext("known since %(on)s, not asked again")
            % {"on": formats.date_format(timezone.localtime(said_at), "j F Y")}
        )
    )
    return replace(row, value={language: f"{value} ({words[language]})" for language, value in row.value.items()})


def _row(
    question: Question, value: Any, scope: Mapping[str, Any], section: Texts, sources: ChoiceSource
) -> Iterator[BriefRow]:
    shared_with = shared(question, scope)
    if is_unanswered(value) or not shared_with:
        return
    kind = registry.get(question.type)
    texts = {language: kind.formatted(value, question, language, sources) for language in LANGUAGES}
    label = {language: _in(_for_recipients(question, "label"), language) for language in LANGUAGES}
    yield BriefRow(
        key=question.key,
        label=label,
        value=texts,
        shared_with=shared_with,
        section=section,
        on_paper=question.paper,
        part=get_part(question),
    )


def shared(question: Question, scope: Mapping[str, Any]) -> dict[str, bool]:
    """Return the roles this answer is shared with: written `true`, or on a condition that holds now."""
    return {role: True for role in question.shared_with if _is_shared_with(role, question, scope)}


def _is_shared_with(role: str, question: Question, scope: Mapping[str, Any]) -> bool:
    rule = question.shared_with[role]
    # Not `bool(rule)`: a slip such as "yes" or 1 must share nothing.
    if not isinstance(rule, dict):
        return rule is True
    reads = question.sharing_reads[role]
    # A setting that the procedure doesn't have shares nothing, however the condition is written.
    if reads is None or any(name not in scope for name in read_in(reads)):
        return False
    try:
        return expressions.truthy(expressions.evaluate(rule, scope))
    # Fails closed: what can't be worked out is read by nobody.
    except expressions.LogicError:
        return False


def settings_missing(content: AnswerFacts) -> list[str]:
    """Return the settings, sorted, that the sharing of these answers reads and the procedure doesn't have."""
    read: set[str] = set()
    if not content.form.shares_on_conditions:
        return []
    for place in content.form.iter_answer_places(content.answers):
        for names in place.question.sharing_reads.values():
            read.update(read_in(names or ()))
    return sorted(read - content.settings.keys())


def _for_recipients(part: Section | Question, name: str) -> Texts:
    """Return the form's words for recipients, where it has its own: "The unit's assessment" for "Your decision"."""
    return part.texts_of(f"recipient_{name}") or part.texts_of(name)


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get(DEFAULT_LANGUAGE) or next(iter(texts.values()), "")
