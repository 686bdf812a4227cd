"""The roles that a recipient can have: below every room, as the texts name them as well as the directory."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The roles that a recipient can have; the words that a procedure uses in `notify`."""

    POLICE = "police", _("anti-trafficking police officer")
    RESPONSIBLE_AUTHORITY = "responsible_authority", _("Responsible Authority")
    CPU = "cpu", _("Child Protection Unit")
    PROTECTION_SERVICE = "protection_service", _("protection service")
    COORDINATOR = "coordinator", _("Vatra coordinator")
    MOBILE_UNIT = "mobile_unit", _("mobile unit on duty")
    SOCIAL_SERVICE = "social_service", _("social service")
    SCHOOL = "school", _("school")
    PSYCHOLOGIST = "psychologist", _("psychologist")
    HEALTH = "health", _("health service")
    LEGAL_AID = "legal_aid", _("legal aid")
    EMBASSY_DESK = "embassy_desk", _("embassy, through the Responsible Authority")
