"""The hotline model: each has a publish flag and the day of its last test call."""

from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel

from access.languages import LANGUAGES, Texts, localize

from .hotline_audiences import check_served
from .hotline_languages import check_codes, get_names
from .hotline_rules import get_last_true, get_shown_period, known_true_since, may_be_shown, ways_are_hidden
from .hotline_ways import Way, WayKind, check_ways, compute_mark, read_ways


class Publish(models.TextChoices):
    YES = "yes", _("yes, show it")
    VERIFY_FIRST = "verify_first", _("not until a test call")
    NO = "no", _("no")


class Confidence(models.TextChoices):
    HIGH = "high", _("high")
    MEDIUM = "medium", _("medium")
    LOW = "low", _("low")


# A text has a column for each of these. In any other language of the service, readers get the default one's words.
STORED_LANGUAGES = ("sq", "en")
WITHOUT_NUMBER = _("A helpline without a number can't be shown to readers.")


class CallPanel(FieldPanel):
    """Panel for the day of the last test call, which only a recorded call sets."""

    def format_value_for_display(self, value: Any) -> Any:
        return _("never") if value is None else date_format(value, "SHORT_DATE_FORMAT")


class HotlineQuerySet(models.QuerySet["Hotline"]):
    def published(self, on: date | None = None) -> "HotlineQuerySet":
        """Return the only hotlines that readers may see (docs/adr/0020), those for danger first."""
        # The database compares the days when it is asked, so nothing has to run for a stale hotline to disappear.
        lines = self.alias(known_true_since=known_true_since()).filter(may_be_shown(on))
        return lines.order_by("-for_danger", "order", "key")


class Hotline(models.Model):
    """A number people can call.

    Readers see it only while `publish` is yes and `hotline_rules` allows it; source, notes and confidence are for
    staff.
    """

    key = models.SlugField(_("key"), unique=True)
    number = models.CharField(
        _("number"),
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"^\+?[0-9][0-9 ]*$", _("Write digits and spaces only, such as 116 111."))],
    )
    for_danger = models.BooleanField(
        _("for immediate danger"), default=False, help_text=_("Emergency helplines come first on every page.")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=100)

    name_sq = models.CharField(_("name (Albanian)"), max_length=120)
    name_en = models.CharField(_("name (English)"), max_length=120)
    short_sq = models.CharField(_("short name (Albanian)"), max_length=30)
    short_en = models.CharField(_("short name (English)"), max_length=30)
    for_whom_sq = models.CharField(_("for whom (Albanian)"), max_length=200, blank=True)
    for_whom_en = models.CharField(_("for whom (English)"), max_length=200, blank=True)
    use_sq = models.CharField(_("what for (Albanian)"), max_length=300, blank=True)
    use_en = models.CharField(_("what for (English)"), max_length=300, blank=True)
    hours_sq = models.CharField(
        _("hours (Albanian)"), max_length=80, blank=True, help_text=_("Leave empty when the hours are not known.")
    )
    hours_en = models.CharField(_("hours (English)"), max_length=80, blank=True)
    cost_sq = models.CharField(_("cost (Albanian)"), max_length=80, blank=True)
    cost_en = models.CharField(_("cost (English)"), max_length=80, blank=True)

    # ISO 639 codes
    languages = models.JSONField(_("languages spoken"), default=list, blank=True, validators=[check_codes])

    serves = models.JSONField(_("whom it listens to"), default=list, blank=True, validators=[check_served])

    ways = models.JSONField(_("other ways"), default=list, blank=True, editable=False, validators=[check_ways])
    ways_need_try = models.BooleanField(_("ways wait for another editor's try"), default=False, editable=False)
    ways_tried_on = models.DateField(_("ways tried on"), null=True, editable=False)
    # Editors were notified that they must be tried again; some time later readers see them no more.
    ways_told_on = models.DateField(null=True, editable=False)
    ways_changed_by = models.ForeignKey(
        "access.User",
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("ways entered by"),
    )

    publish = models.CharField(_("show to readers"), max_length=16, choices=Publish.choices, default=Publish.NO)
    confidence = models.CharField(_("confidence"), max_length=8, choices=Confidence.choices, default=Confidence.LOW)
    source = models.TextField(_("source"), help_text=_("Where the number and the hours were found. Not shown."))
    notes = models.TextField(_("notes for staff"), blank=True)
    verified_on = models.DateField(_("last test call"), null=True, blank=True)
    verified_by = models.CharField(_("tested by"), max_length=80, blank=True)
    never_stale = models.BooleanField(
        _("shown even when not tested recently"),
        default=False,
        help_text=_("Only for emergency numbers: a missing one does more harm than an old one."),
    )
    needs_call = models.BooleanField(_("waits for another editor's call"), default=False, editable=False)
    changed_by = models.ForeignKey(
        "access.User",
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("number entered by"),
    )
    first_shown_on = models.DateField(_("first shown on"), null=True, blank=True, editable=False)

    objects = HotlineQuerySet.as_manager()

    base_form_class: ClassVar[type[WagtailAdminModelForm]]  # set by content.hotlines, which stands above the models
    panels = [
        FieldRowPanel([FieldPanel("number"), FieldPanel("publish")]),
        FieldRowPanel([CallPanel("verified_on", read_only=True), FieldPanel("verified_by", read_only=True)]),
        FieldRowPanel([FieldPanel("for_danger"), FieldPanel("never_stale"), FieldPanel("order")]),
        FieldPanel("languages"),
        FieldPanel("serves"),
        MultiFieldPanel(
            [FieldPanel(f"way_{kind.value}") for kind in WayKind],
            heading=_("Ways besides calling"),
            help_text=_("Readers see them once another editor has tried them all."),
        ),
        MultiFieldPanel(
            [FieldPanel(f"{name}_sq") for name in ("name", "short", "for_whom", "use", "hours", "cost")],
            heading=_("In Albanian"),
        ),
        MultiFieldPanel(
            [FieldPanel(f"{name}_en") for name in ("name", "short", "for_whom", "use", "hours", "cost")],
            heading=_("In English"),
        ),
        MultiFieldPanel(
            [FieldPanel("source"), FieldPanel("confidence"), FieldPanel("notes"), FieldPanel("key")],
            heading=_("For staff only"),
        ),
    ]

    class Meta:
        verbose_name = _("helpline")
        verbose_name_plural = _("helplines")
        ordering = ["-for_danger", "order", "key"]
        constraints = [
            models.CheckConstraint(
                name="published_hotline_has_number",
                condition=~Q(publish="yes") | ~Q(number=""),
                violation_error_message=WITHOUT_NUMBER,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number or '—'} · {self.short_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Set once only: hiding a hotline and showing it again must not begin its 30 days anew (docs/adr/0020).
        if self.is_published and self.first_shown_on is None:
            self.first_shown_on = timezone.localdate()
            if (fields := kwargs.get("update_fields")) is not None:
                kwargs["update_fields"] = {*fields, "first_shown_on"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Report a missing number beside its field; the constraint would report it for the whole form."""
        if self.is_published and not self.number:
            raise ValidationError({"number": WITHOUT_NUMBER})

    @property
    def is_published(self) -> bool:
        return self.publish == Publish.YES

    @property
    def tel(self) -> str:
        """Return the number for a `tel:` link, without spaces."""
        return self.number.replace(" ", "")

    @property
    def name(self) -> str:
        return self._text("name")

    @property
    def short_name(self) -> str:
        return self._text("short")

    @property
    def for_whom(self) -> str:
        return self._text("for_whom")

    @property
    def use(self) -> str:
        return self._text("use")

    @property
    def hours(self) -> str:
        return self._text("hours")

    @property
    def cost(self) -> str:
        return self._text("cost")

    @property
    def shown_ways(self) -> list[Way]:
        """Return the ways besides calling that readers see."""
        if self.ways_need_try or ways_are_hidden(self.ways_told_on):
            return []
        return [way for way in read_ways(self.ways) if not way.failed]

    @property
    def ways_wait(self) -> bool:
        """Return whether any way isn't before readers until another editor has tried it."""
        return self.ways_need_try or any(way.failed for way in self.stored_ways)

    @property
    def ways_mark(self) -> str:
        return compute_mark(self.ways)

    @property
    def stored_ways(self) -> list[Way]:
        """Return every way, for editors."""
        return read_ways(self.ways)

    @property
    def spoken(self) -> str:
        """Return the languages as readers see them, "" when they are not known."""
        return ", ".join(get_names(self.languages))

    def is_tested(self, on: date | None = None) -> bool:
        """Return whether someone has called the number within the last 30 days (HOTLINE_TEST_DAYS)."""
        today = on or timezone.localdate()
        return self.verified_on is not None and today - self.verified_on <= get_shown_period()

    def is_shown(self, on: date | None = None) -> bool:
        """Return whether readers see it: the rule of `HotlineQuerySet.published`, for one hotline in memory."""
        # `needs_call` outweighs every other flag, `never_stale` included (docs/adr/0076).
        if not self.is_published or not self.number or self.needs_call:
            return False
        day = get_last_true(self)
        return self.never_stale or (day is not None and (on or timezone.localdate()) - day <= get_shown_period())

    def get_texts(self, field: str) -> Texts:
        """Return {code: text} of "name", "short" and the like, in each language of the service."""
        texts = {code: getattr(self, f"{field}_{code}") for code in STORED_LANGUAGES}
        return {code: texts.get(code, texts[STORED_LANGUAGES[0]]) for code in LANGUAGES}

    def _text(self, field: str) -> str:
        return localize({code: getattr(self, f"{field}_{code}") for code in STORED_LANGUAGES})
