"""The answers of each role: reasons to decline, outcomes, and the word for accepting.

A doctor isn't "on another case", a shelter has no free bed, a school doesn't know the pupil. Codes are stored and never
change their meaning; those that roles share have the same code.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.directory.models import Role

Choices = dict[str, "str | Promise"]

NOT_ASKED = "not_asked"  # of an SMS or a pressed key; no role is offered it

# All reasons; REASONS_OF_ROLE says which of them a role is offered.
REASONS: Choices = {
    "busy_elsewhere": _("I am on another case and can't leave it"),
    "no_free_bed": _("No free bed"),
    "not_our_group": _("We don't take this group (sex, age, children)"),
    "cannot_meet_need": _("We can't meet an urgent need (health, language, safety)"),
    "not_accessible": _("Not accessible with the person's disability"),
    "other_service": _("The person needs another kind of service"),
    "not_safe_here": _("The person would not be safe with us"),
    "no_staff": _("No staff or place free in time"),
    "no_appointment": _("No appointment free in time"),
    "no_specialist": _("This needs a specialist or equipment that we don't have"),
    "no_language": _("We don't speak the person's language and have no interpreter"),
    "not_our_pupil": _("The pupil isn't at this school"),
    "something_missing": _("Something is missing in the notice (write it in the note)"),
    "consent_unclear": _("It isn't clear that the person agrees"),
    "other_side": _("We act for somebody else involved"),
    "not_on_duty": _("I am not on duty"),
    "not_competent": _("This isn't for my office"),
    "conflict": _("I know the people involved"),
    "other": _("Another reason"),
    NOT_ASKED: _("Declined by telephone, without a reason"),
}
REASONS_OF_ROLE: dict[str, tuple[str, ...]] = {
    Role.POLICE: ("busy_elsewhere", "not_on_duty", "not_competent", "conflict", "other"),
    Role.CPU: ("busy_elsewhere", "not_on_duty", "not_competent", "conflict", "other"),
    Role.RESPONSIBLE_AUTHORITY: ("not_competent", "something_missing", "not_on_duty", "conflict", "other"),
    Role.PROTECTION_SERVICE: (
        "no_free_bed",
        "not_our_group",
        "cannot_meet_need",
        "not_accessible",
        "other_service",
        "not_safe_here",
        "consent_unclear",
        "not_on_duty",
        "conflict",
        "other",
    ),
    Role.SOCIAL_SERVICE: ("not_competent", "no_staff", "consent_unclear", "not_on_duty", "conflict", "other"),
    Role.SCHOOL: ("not_our_pupil", "not_on_duty", "conflict", "other"),
    Role.PSYCHOLOGIST: (
        "no_appointment",
        "no_specialist",
        "no_language",
        "consent_unclear",
        "not_on_duty",
        "conflict",
        "other",
    ),
    Role.HEALTH: ("no_staff", "no_specialist", "no_language", "not_on_duty", "conflict", "other"),
    Role.LEGAL_AID: (
        "other_side",
        "no_appointment",
        "not_competent",
        "no_language",
        "not_on_duty",
        "conflict",
        "other",
    ),
    Role.EMBASSY_DESK: ("not_competent", "consent_unclear", "something_missing", "not_on_duty", "other"),
}
# Coordinators and units: colleagues, who are asked to call or to answer.
REASONS_OF_COLLEAGUES = ("busy_elsewhere", "not_on_duty", "not_competent", "conflict", "other")

OUTCOMES: Choices = {
    "support_begun": _("Support has begun"),
    "already_helping": _("Already helping this person"),
    "appointment_given": _("Gave an appointment"),
    "seen_by_doctor": _("The person was seen by a doctor"),
    "lawyer_named": _("A lawyer has taken it on"),
    "papers_prepared": _("Identity or travel documents are being prepared"),
    "watching": _("We are watching as asked; nothing to add"),
    "called_back": _("Spoke with the unit by phone"),
    "police_by_unit": _("The police are to be notified by the unit"),
    "police_not_notified": _("The police are not to be notified"),
}
OUTCOMES_OF_ROLE: dict[str, tuple[str, ...]] = {
    Role.SOCIAL_SERVICE: (
        "support_begun",
        "appointment_given",
        "taken_to_service",
        "measure_taken",
        "declined_contact",
        "not_found",
        "passed_on",
    ),
    Role.SCHOOL: ("watching", "called_back", "passed_on"),
    Role.PSYCHOLOGIST: (
        "already_helping",
        "support_begun",
        "appointment_given",
        "declined_contact",
        "not_found",
        "passed_on",
    ),
    Role.HEALTH: (
        "already_helping",
        "seen_by_doctor",
        "appointment_given",
        "declined_contact",
        "not_found",
        "passed_on",
    ),
    Role.LEGAL_AID: (
        "already_helping",
        "lawyer_named",
        "appointment_given",
        "declined_contact",
        "not_found",
        "passed_on",
    ),
    Role.EMBASSY_DESK: ("already_helping", "papers_prepared", "registered", "passed_on"),
    Role.COORDINATOR: ("police_by_unit", "police_not_notified", "called_back", "other"),
}

ACCEPT_WORDS: Choices = {
    Role.RESPONSIBLE_AUTHORITY: _("Confirm receipt"),
    Role.EMBASSY_DESK: _("Confirm receipt"),
    Role.SCHOOL: _("Confirm receipt"),
    Role.COORDINATOR: _("I am handling this"),
    Role.MOBILE_UNIT: _("I am handling this"),
}
