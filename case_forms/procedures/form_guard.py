"""Forms against procedures: no edit of a form may silently end what a procedure does with it, and the other way round.

Looked at are the version in force, those that are scheduled, and those that open cases stay under (for forms that name
a case). A form that becomes another, or is archived, is refused when a rule

1. loses something that it finds in the newest published version of the form: a question, its kind, a value that it is
   compared with, any chance to apply; or
2. finds something in none of its forms (which also reports what was broken before this check existed);

or when the form shares an answer on a setting that the procedure doesn't have, or on a choice it doesn't offer.

Both happen in the transaction that publishes. Publishing a form holds the row of its form, publishing a procedure holds
the rows of all forms: whoever comes second sees what the first has written. See docs/adr/0034.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from django.db.models import Count, Q
from django.utils import timezone

from case_forms import expressions
from case_forms.form_builder.definition import Form, parse_canonical
from case_forms.form_builder.models import FormVersion

from . import definition
from .definition import Procedure
from .models import ProcedureVersion
from .organisation_settings import kinds_of_settings, read_in
from .rule_needs import ONLY_WHEN_NEW, Break, FormSide, RuleNeeds, compared, get_needs

Breaks = frozenset[Break]
ARCHIVED: Breaks = frozenset({Break("archived")})


@dataclass(frozen=True)
class Standing:
    """A procedure version that decides now or will.

    `begins`: when a scheduled one does; `cases`: how many open cases stay under one that is no longer in force.
    """

    version: ProcedureVersion
    begins: datetime | None = None
    cases: int = 0

    @property
    def needs(self) -> list[RuleNeeds]:
        return _needs(self.version.canonical)

    @property
    def is_over(self) -> bool:
        """Whether it decides only about cases that were opened under it."""
        return self.cases > 0


@dataclass(frozen=True)
class Changing:
    """A form that is to become another one.

    `before`: as it is published now; `after`: None when it is archived. `others`: the other forms that are published,
    by
    key.
    """

    key: str
    before: FormSide | None
    after: FormSide | None
    others: Mapping[str, FormSide] = field(repr=False)


@dataclass(frozen=True)
class Found:
    """A rule that would no longer do what it does. `was_so`: it is so already."""

    standing: Standing
    needs: RuleNeeds
    breaks: Breaks
    was_so: bool


def standing_versions(at: datetime | None = None) -> list[Standing]:
    """List the version in force, then scheduled ones by their beginning, then those that open cases stay under."""
    moment = at or timezone.now()
    try:
        current = [Standing(ProcedureVersion.objects.in_force(moment))]
    except ProcedureVersion.DoesNotExist:
        current = []
    scheduled = ProcedureVersion.objects.scheduled(moment)
    coming = [Standing(version, begins=version.in_force_from) for version in scheduled]
    known = {standing.version.pk for standing in (*current, *coming)}
    # `cases` is the reverse name of a case's version: this room stands below the room of cases.
    is_open = Q(cases__closed_at__isnull=True, cases__is_drill=False, cases__isnull=False)
    followed = ProcedureVersion.objects.exclude(pk__in=known).annotate(open_cases=Count("cases", filter=is_open))
    left = [Standing(version, cases=version.open_cases) for version in followed.filter(open_cases__gt=0)]
    return [*current, *coming, *left]


def changing(key: str, after: Form | None) -> Changing:
    """Build the change of the form of this key, from how it is published to how it would be.

    `after`: resolved; None when it is archived.
    """
    others = {version.form.key: get_side(version) for version in FormVersion.objects.newest().exclude(form__key=key)}
    newest = FormVersion.objects.filter(form__key=key).order_by("-number").first()
    return Changing(key, get_side(newest) if newest else None, FormSide(after) if after else None, others)


def get_side(version: FormVersion) -> FormSide:
    return _side(version.canonical)


def what_breaks(change: Changing, standing: Standing, *, deep: bool = True) -> Iterator[Found]:
    """Yield each rule of this version that the change takes something from, or that is broken anyway.

    `deep`: also whether rules can still apply; for that the form must have no problems of its own.
    """
    for needs in standing.needs:
        if not concerns(needs, change, standing):
            continue
        after = breaks_in(needs, change.key, change.after, deep=deep)
        before = breaks_in(needs, change.key, change.before, deep=deep)
        lost = after - before if change.before else frozenset()
        # A version that is over can't be changed any more: what was broken in it before must not block every edit.
        found = lost if standing.is_over else lost | _broken_everywhere(needs, change, after, deep=deep)
        if found:
            yield Found(standing, needs, found, was_so=not lost)


def concerns(needs: RuleNeeds, change: Changing, standing: Standing) -> bool:
    """Return whether a rule has to do with the form as it is or as it would be."""
    sides = [side for side in (change.before, change.after) if side is not None]
    # Only a form that names a case reaches the version which that case was opened under.
    if standing.is_over and not any(side.names_cases for side in sides):
        return False
    return any(needs.listens_to(change.key, side) for side in sides)


def breaks_in(needs: RuleNeeds, key: str, side: FormSide | None, *, deep: bool = True) -> Breaks:
    """Return what the rule misses in this form. A rule that names no forms misses none that isn't there."""
    if side is None or not needs.listens_to(key, side):
        return ARCHIVED if needs.forms else frozenset()
    return needs.breaks(side, deep=deep)


def unfit_rules(
    procedure: Procedure, forms: Mapping[str, FormSide], *, deep: bool = True
) -> Iterator[tuple[int, Breaks]]:
    """Yield (position, what it misses) of each rule that works with none of the published forms.

    `procedure`: a checked one. `deep`: also whether rules can apply, which may take seconds for many of them.
    """
    for position, needs in enumerate(get_needs(procedure)):
        sides = [side for key, side in forms.items() if needs.listens_to(key, side)]
        missed = _in_all([needs.breaks(side, deep=deep) for side in sides])
        if missed:
            yield position, missed


@dataclass(frozen=True)
class SettingMissed:
    """A question that is shared on a setting which a procedure doesn't have (`value` ""), or doesn't offer."""

    question: str
    setting: str
    value: str = ""


def settings_missed(side: FormSide, procedure: Procedure) -> Iterator[SettingMissed]:
    """Yield what the form's sharing reads of an organisation's settings and this procedure doesn't give, each once."""
    kinds = kinds_of_settings(procedure)
    found: dict[SettingMissed, None] = {}
    for located in side.form.iter_questions():
        key = located.question.key
        for rule in located.question.shared_with.values():
            if not isinstance(rule, dict):
                continue
            for name in read_in(expressions.references(rule)):
                if name not in kinds:
                    found[SettingMissed(key, name)] = None
            for name, value in compared(rule):
                if name in kinds and value not in (kinds[name].choices or ()):
                    found[SettingMissed(key, name, value)] = None
    yield from found


def published_sides() -> dict[str, FormSide]:
    """Map each form's key to its newest published version, without archived forms."""
    return {version.form.key: get_side(version) for version in FormVersion.objects.newest()}


def _broken_everywhere(needs: RuleNeeds, change: Changing, after: Breaks, *, deep: bool) -> Breaks:
    others = [side for key, side in change.others.items() if needs.listens_to(key, side)]
    is_heard = change.after is not None and needs.listens_to(change.key, change.after)
    here = [after] if is_heard or needs.forms else []
    return _in_all([*here, *(needs.breaks(side, deep=deep) for side in others)])


def _in_all(found: list[Breaks]) -> Breaks:
    # A rule about several forms needs each thing in only one of them.
    missed = frozenset.intersection(*found) if found else frozenset()
    return frozenset(each for each in missed if each.code not in ONLY_WHEN_NEW)


# By the canonical text, which never changes for a version; every autosave of a form asks about the same ones.
@lru_cache(maxsize=16)
def _needs(text: str) -> list[RuleNeeds]:
    return get_needs(definition.parse_canonical(text))


@lru_cache(maxsize=64)
def _side(text: str) -> FormSide:
    return FormSide(parse_canonical(text))
