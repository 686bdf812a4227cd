"""Choices of a session's record. Their keys are stored and exported; they never change meaning."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SessionState(models.TextChoices):
    PLANNED = "planned", pgettext_lazy("session", "planned")
    HELD = "held", pgettext_lazy("session", "held")
    REPORTED = "reported", pgettext_lazy("session", "reported")
    CANCELLED = "cancelled", pgettext_lazy("session", "cancelled")


class PlaceType(models.TextChoices):
    NINE_YEAR_SCHOOL = "nine_year_school", _("nine-year school")
    HIGH_SCHOOL = "high_school", _("high school")
    COMMUNITY_CENTRE = "community_centre", _("community centre")
    HEALTH = "health", _("health centre")
    WORKPLACE = "workplace", _("workplace")
    ONLINE = "online", pgettext_lazy("place", "online")
    OTHER = "other", pgettext_lazy("place", "another place")


class Audience(models.TextChoices):
    """Whom a session was for, as a whole; never a property of one person in it."""

    GRADE_9 = "grade_9", _("pupils of grade nine")
    HIGH_SCHOOL = "high_school", _("high-school pupils")
    COMMUNITY = "community", _("community members")
    PARENTS = "parents", _("parents")
    WOMEN = "women", _("women and girls")
    MEN = "men", _("men and boys")
    ROMA_EGYPTIAN = "roma_egyptian", _("Roma and Egyptian community")
    JOB_SEEKERS = "job_seekers", _("job-seekers and migrants")
    PROFESSIONALS = "professionals", _("professionals")


class Topic(models.TextChoices):
    RECOGNITION = "recognition", _("recognising trafficking")
    PREVENTION = "prevention", _("prevention")
    PROTECTION = "protection", _("protection services")
    REINTEGRATION = "reintegration", _("reintegration services")
    ACCESS_TO_JUSTICE = "access_to_justice", _("access to justice")
    RIGHTS = "rights", _("legal rights")
    REPORTING = "reporting", _("how to report")
    ONLINE = "online", _("safety online")
    LABOUR = "labour", _("work offers and labour exploitation")


class Method(models.TextChoices):
    TALK = "talk", _("talk with questions")
    GROUP_WORK = "group_work", _("group work")
    VIDEO = "video", _("video and conversation")
    ROLE_PLAY = "role_play", _("role-play")
    FOCUS_GROUP = "focus_group", _("focus group")
    FORUM = "forum", _("forum or open meeting")
    SEMINAR = "seminar", _("seminar or training")


class SpokenLanguage(models.TextChoices):
    SQ = "sq", _("Albanian")
    ROM = "rom", _("Romani")
    EL = "el", _("Greek")
    MK = "mk", _("Macedonian")
    EN = "en", _("English")
    SIGN = "sign", _("Albanian Sign Language")
    OTHER = "other", pgettext_lazy("language", "another language")


class PartnerKind(models.TextChoices):
    POLICE = "police", _("State Police")
    CPU = "cpu", _("Child Protection Unit")
    EDUCATION_OFFICE = "education_office", _("local education office (ZVAP)")
    PSYCHOLOGIST = "psychologist", _("school psychologist or social worker")
    PREFECTURE = "prefecture", _("prefecture or regional anti-trafficking committee (KRAT)")
    NGO = "ngo", _("another organisation")
    HEALTH = "health", _("health service")
    OTHER = "other", pgettext_lazy("partner", "another partner")


class Material(models.TextChoices):
    LEAFLET = "leaflet", _("leaflets")
    POCKET_CARD = "pocket_card", _("pocket cards")
    POSTER = "poster", _("posters")
    WORKSHEET = "worksheet", _("worksheets")
    VIDEO = "video", _("videos shown")
    PRESENTATION = "presentation", _("presentations shown")
    OTHER = "other", pgettext_lazy("materials", "other materials")


class DisabilityAccess(models.TextChoices):
    YES = "yes", _("everyone could get in and follow")
    PARTLY = "partly", _("with help")
    NO = "no", _("not everyone could get in or follow")


class CancelReason(models.TextChoices):
    HOST = "host", _("the school or place couldn't host us")
    UNIT = "unit", _("the unit couldn't go")
    WEATHER = "weather", _("weather or road")
    SAFETY = "safety", _("it wasn't safe")
    OTHER = "other", pgettext_lazy("reason", "another reason")


class Sex(models.TextChoices):
    FEMALE = "female", _("women and girls")
    MALE = "male", _("men and boys")
    UNKNOWN = "unknown", _("sex not recorded")


class AgeGroup(models.TextChoices):
    UNDER_15 = "under_15", _("under 15")
    FROM_15 = "15_17", "15–17"
    FROM_18 = "18_24", "18–24"
    FROM_25 = "25_59", "25–59"
    FROM_60 = "60_plus", _("60 and over")
    UNKNOWN = "unknown", _("age not recorded")
