"""Groups of forms as workers look for them, in the order of an encounter, and the forms' order in each group.

The shipped forms have their place by key; a form that coordinators made has one by its kind, after the shipped ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .definition import Question
from .models import FormVersion

CONTACT, SAFETY, CONSENT, HELP = "contact", "safety", "consent", "help"
CHILD, AUTHORITIES, REPORTS = "child", "authorities", "reports"

# group -> (label, the shipped forms in their order)
GROUPS: "dict[str, tuple[str | Promise, tuple[str, ...]]]" = {
    CONTACT: (_("First contact"), ("initial_identification", "outreach_visit", "indicator_review")),
    SAFETY: (_("Safety and the way there"), ("risk_assessment", "safety_plan", "accompaniment")),
    CONSENT: (_("Consent and refusal"), ("consent", "refusal")),
    HELP: (
        _("Help and follow-up"),
        ("referral", "service_request", "assistance_plan", "social_service_notice", "follow_up", "case_meeting"),
    ),
    CHILD: (_("For a child"), ("cpu_referral", "best_interest", "school_notice")),
    AUTHORITIES: (
        _("Police and authorities"),
        ("police_report", "responsible_authority_notice", "formal_identification"),
    ),
    REPORTS: (
        _("Reports of the unit"),
        ("monthly_report", "activity_report", "session_report", "data_protection"),
    ),
}
OF_KIND = {
    "identification": CONTACT,
    "outreach": CONTACT,
    "assessment": SAFETY,
    "consent": CONSENT,
    "referral": HELP,
    "report": REPORTS,
    "session": REPORTS,
}


@dataclass(frozen=True)
class FormGroup:
    """Forms that serve one purpose."""

    key: str
    label: "str | Promise"
    versions: tuple[FormVersion, ...]


def get_group(version: FormVersion) -> tuple[str, int]:
    """Return (group, place in it) of a form."""
    key = version.form.key
    for group, (_label, keys) in GROUPS.items():
        if key in keys:
            return group, keys.index(key)
    kind = version.parsed_form.kind
    group = OF_KIND.get(kind, REPORTS)
    # A report about one case belongs to the help for that person, not among the reports of the unit.
    if kind == "report" and asks_for_a_case(version):
        group = HELP
    return group, len(GROUPS[group][1])


def grouped(versions: Iterable[FormVersion]) -> list[FormGroup]:
    """Return the groups that have any of these forms."""
    placed = sorted(((*get_group(version), str(version.title), version) for version in versions), key=lambda p: p[1:3])
    return [
        FormGroup(group, label, tuple(version for its, _place, _title, version in placed if its == group))
        for group, (label, _keys) in GROUPS.items()
        if any(its == group for its, *_rest in placed)
    ]


def asks_for_a_case(version: FormVersion) -> bool:
    """Return whether the form asks which case it belongs to."""
    return any(isinstance(item, Question) and item.type == "case_reference" for item in version.parsed_form.outer_items)
