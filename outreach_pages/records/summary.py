"""A session's record in readable form, for its page."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .actions import get_counts
from .labels import AgeGroup, Material, PartnerKind, Sex, Topic
from .models import InformativeSession


@dataclass(frozen=True)
class Fact:
    """One recorded value with its label."""

    label: Any
    value: str
    is_text: bool = False  # shown in lines of its own


def get_facts(session: InformativeSession) -> list[Fact]:
    """Return what is recorded, without empty values."""
    place = ", ".join(part for part in (session.administrative_unit, str(session.municipality)) if part)
    yes = _("Yes")
    facts = [
        Fact(gettext_lazy("Place"), f"{session.place_name} ({session.get_place_type_display()})"),
        Fact(gettext_lazy("Where"), place),
        Fact(gettext_lazy("For whom"), _join_parts(session.get_audience_display(), session.grades)),
        Fact(gettext_lazy("Topics"), join_labels(Topic, session.topics)),
        Fact(gettext_lazy("Method"), session.get_method_display()),
        Fact(gettext_lazy("Language"), session.get_language_display()),
        Fact(gettext_lazy("Partners"), _join_parts(join_labels(PartnerKind, session.partners), session.partner_names)),
        Fact(gettext_lazy("Kit of session materials"), _describe_kit(session)),
        Fact(gettext_lazy("Used of the kit"), _describe_used(session)),
        Fact(gettext_lazy("Materials"), _join_parts(_describe_materials(session), session.materials_note)),
        Fact(gettext_lazy("Accessibility"), session.get_disability_access_display()),
        Fact(gettext_lazy("Project or donor"), session.project),
        Fact(
            gettext_lazy("Activity of the regional anti-trafficking committee (KRAT)"),
            yes if session.krat_activity else "",
        ),
        Fact(gettext_lazy("May be listed for the public"), yes if session.is_public else ""),
        Fact(gettext_lazy("What people asked"), session.questions_raised, is_text=True),
    ]
    return [fact for fact in facts if fact.value]


def get_participants(session: InformativeSession) -> dict[str, Any]:
    """Return who came, without rows and columns of zeros.

    {"total", "sexes", "rows": [{"label", "numbers"}], "sums"}
    """
    counts = get_counts(session)
    sexes = [sex for sex in Sex if any(cell[0] == sex.value for cell in counts)]
    ages = [age for age in AgeGroup if any(cell[1] == age.value for cell in counts)]
    rows = [{"label": age.label, "numbers": _row(counts, sexes, age)} for age in ages]
    sums = [sum(counts.get((sex.value, age.value), 0) for age in ages) for sex in sexes]
    return {
        "total": sum(counts.values()),
        "sexes": [sex.label for sex in sexes],
        "rows": rows,
        "sums": [*sums, sum(sums)],
    }


def join_labels(words: Any, keys: list[str]) -> str:
    """Return the labels of these keys, in the order of the choices; a key that is no longer known stays as it is."""
    labels = dict(words.choices)
    known = [key for key in words.values if key in keys]
    return ", ".join(str(labels.get(key, key)) for key in [*known, *(key for key in keys if key not in labels)])


def _row(counts: dict[tuple[str, str], int], sexes: list[Sex], age: AgeGroup) -> list[int]:
    numbers = [counts.get((sex.value, age.value), 0) for sex in sexes]
    return [*numbers, sum(numbers)]


def _describe_materials(session: InformativeSession) -> str:
    labels = dict(Material.choices)
    return ", ".join(f"{labels.get(each['kind'], each['kind'])}: {each['number']}" for each in session.materials)


def _describe_kit(session: InformativeSession) -> str:
    version = session.kit_version
    if version is None:
        return ""
    return f"{version.title} · " + _("version %(number)s") % {"number": version.number}


def _describe_used(session: InformativeSession) -> str:
    """Name the materials that were used as the session's version names them, in its order."""
    if session.kit_version is None or session.held_at is None:
        return ""
    used = set(session.used_materials.values_list("page_id", flat=True))
    names = [each["title"] for each in session.kit_version.content["materials"] if each["page"] in used]
    return ", ".join(names) or _("nothing")


def _join_parts(*parts: str) -> str:
    return " · ".join(str(part) for part in parts if part)
