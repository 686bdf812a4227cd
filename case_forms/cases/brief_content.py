"""What a brief may hold: the facts of the case that route it, then the answers that are shared with that role.

Nothing here decides who reads what: each row carries its own `shared_with`, and `briefs.composing.compose` lets it pass
only on the word True. A question without `shared_with` is shared with nobody, and a condition that can't be worked out
shares nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils import formats, timezone, translation
from django.utils.translation import gettext, pgettext

from access.models import MobileUnit, Municipality
from case_forms import logic
from case_forms.builder.outline import Given, given
from case_forms.questions import registry
from case_forms.questions.base import ChoiceSource, Question, is_unanswered
from notifications.briefs.composing import BriefRow, compose
from notifications.directory.models import Role

from .models import Case, CaseStatus

LANGUAGES = ("sq", "en")
Texts = dict[str, str]
EVERY_ROLE: Mapping[str, bool] = dict.fromkeys(Role.values, True)
# A status says "potential victim of trafficking": whoever has no part in the case beyond one need isn't told it.
WITHOUT_STATUS = frozenset({Role.SCHOOL.value, Role.SOCIAL_SERVICE.value, Role.HEALTH.value})
READS_STATUS: Mapping[str, bool] = {role: role not in WITHOUT_STATUS for role in Role.values}
NOT_SCHOOL: Mapping[str, bool] = {role: role != Role.SCHOOL.value for role in Role.values}
SHARED_OTHERWISE = {"status": READS_STATUS, "age_group": NOT_SCHOOL, "occurred_at": NOT_SCHOOL}


@dataclass(frozen=True, kw_only=True)
class AnswerFacts:
    """What a brief's answers are written from. `facts` are the decision's; conditions read answers, facts and dates."""

    municipality: Municipality
    unit: MobileUnit
    occurred_at: datetime
    definition: Mapping[str, Any] = field(repr=False)
    answers: Mapping[str, Any] = field(repr=False)
    sources: ChoiceSource = field(repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    today: str = ""

    @cached_property
    def answer_rows(self) -> tuple[BriefRow, ...]:
        """Every shared answer as a row, with the roles that may read it."""
        return tuple(answer_rows(self))

    @property
    def case_status(self) -> str | None:
        """None for what belongs to no case."""
        return None

    @property
    def case_child(self) -> bool | None:
        """Whether the case is followed as a child's; None for what belongs to no case."""
        return None


@dataclass(frozen=True, kw_only=True)
class BriefFacts(AnswerFacts):
    """What a brief about a case is written from."""

    case: Case

    @property
    def case_status(self) -> str:
        return self.case.status

    @property
    def case_child(self) -> bool:
        return self.case.child_track


def brief_for(role: str, content: BriefFacts, *, urgent: bool = False) -> dict[str, Any]:
    """The brief of one role, filtered for it, as `briefs.composing.compose` makes it."""
    return compose(role, [*case_rows(content, urgent=urgent), *content.answer_rows], urgent=urgent)


def both(write: Any) -> Texts:
    """{"sq", "en"}: what `write()` returns under each language."""
    texts = {}
    for language in LANGUAGES:
        with translation.override(language):
            texts[language] = str(write())
    return texts


# ---- facts of the case ----


def age_group(facts: Mapping[str, Any], *, child_track: bool) -> str:
    """child, adult, or unknown. A doubt about the age is never written as "adult"."""
    age = facts.get("age")
    known = isinstance(age, (int, float)) and not isinstance(age, bool)
    if known and age < 18:  # type: ignore[operator]
        return "child"
    if child_track:
        return "unknown"
    return "adult" if known else "unknown"


def age_group_words(group: str) -> str:
    return {
        "child": gettext("child (under 18)"),
        "adult": gettext("adult"),
        "unknown": gettext("not known, or in doubt: treat as a child"),
    }[group]


def case_rows(content: BriefFacts, *, urgent: bool) -> Iterator[BriefRow]:
    """Reference, urgency, status, age group, municipality, time, and the unit with the number to call.

    A follow-up form that doesn't ask for the age says nothing of it, unless the case is on the child track.
    """
    case = content.case
    section = both(lambda: gettext("The case"))
    group = age_group(content.facts, child_track=case.child_track)
    says_age = group != "unknown" or case.child_track
    rows = (
        ("reference", lambda: gettext("Case"), lambda: case.reference),
        ("urgency", lambda: gettext("Urgency"), lambda: gettext("urgent") if urgent else gettext("not marked urgent")),
        ("status", lambda: gettext("Status"), lambda: CaseStatus(case.status).label),
        *([("age_group", lambda: gettext("Age"), lambda: age_group_words(group))] if says_age else []),
        ("municipality", lambda: gettext("Municipality"), lambda: content.municipality.name),
        ("occurred_at", lambda: gettext("When"), lambda: moment_words(content.occurred_at)),
        ("unit", lambda: gettext("Sent by"), lambda: content.unit.name),
        ("callback", lambda: gettext("Call back"), lambda: content.unit.callback_phone or pgettext("no phone", "none")),
    )
    for key, label, value in rows:
        readers = SHARED_OTHERWISE.get(key, EVERY_ROLE)
        yield BriefRow(key=f"case.{key}", label=both(label), value=both(value), shared_with=readers, section=section)
    if case.is_drill:
        yield BriefRow(
            key="case.drill",
            label=both(lambda: gettext("Drill")),
            value=both(lambda: gettext("This is an exercise. Nobody is in danger.")),
            shared_with=EVERY_ROLE,
            section=section,
        )


def moment_words(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "j F Y, H:i")


# ---- answers ----


def answer_rows(content: AnswerFacts) -> Iterator[BriefRow]:
    """One row for each answered question that is shared with anybody, in document order."""
    scope = {
        **content.answers,
        **content.facts,
        "_today": content.today or timezone.localdate().isoformat(),
        "_occurred_on": timezone.localdate(content.occurred_at).isoformat(),
        "_now": timezone.localtime().isoformat(timespec="seconds"),
        "_case_status": content.case_status,
        "_case_child": content.case_child,
    }
    for place in given(dict(content.definition), content.answers):
        title = _for_recipients(place.placed.section, "title")
        section = {language: _in(title, language) for language in LANGUAGES}
        for row in _row(place.placed.question, place.value, {**scope, **place.scope}, section, content.sources):
            yield _in_its_group(row, place)


def _in_its_group(row: BriefRow, place: Given) -> BriefRow:
    """The row under the names of the repeats it stands in: "Household 1, Child 2: Age"."""
    if not place.rows:
        return row
    groups = list(zip(place.placed.repeats, place.rows, strict=True))
    key = "".join(f"{repeat['key']}.{index}." for repeat, index in groups)
    label = {}
    for language, words in row.label.items():
        names = (f"{_in(repeat['label'], language)} {index + 1}" for repeat, index in groups)
        label[language] = f"{', '.join(names)}: {words}"
    return BriefRow(f"{key}{row.key}", label, row.value, row.shared_with, row.section)


def _row(
    question: Question, value: Any, scope: Mapping[str, Any], section: Texts, sources: ChoiceSource
) -> Iterator[BriefRow]:
    shared_with = shared(question, scope)
    if is_unanswered(value) or not shared_with:
        return
    kind = registry.get(question["type"])
    texts = {language: kind.formatted(value, question, language, sources) for language in LANGUAGES}
    label = {language: _in(_for_recipients(question, "label"), language) for language in LANGUAGES}
    yield BriefRow(key=question["key"], label=label, value=texts, shared_with=shared_with, section=section)


def shared(question: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, bool]:
    """The roles this answer is shared with: written `true`, or on a condition that holds now."""
    return {role: True for role, rule in (question.get("shared_with") or {}).items() if _holds(rule, scope)}


def _holds(rule: Any, scope: Mapping[str, Any]) -> bool:
    if not isinstance(rule, dict):
        return rule is True
    try:
        return logic.truthy(logic.evaluate(rule, scope))
    except logic.LogicError:
        return False


def _for_recipients(part: Mapping[str, Any], name: str) -> Mapping[str, str]:
    """The form's words for recipients, where it has its own: "The unit's assessment" for "Your decision"."""
    texts: Mapping[str, str] = part.get(f"recipient_{name}") or part[name]
    return texts


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get("sq") or next(iter(texts.values()), "")
