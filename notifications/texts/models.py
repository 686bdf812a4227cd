"""A text in place of the shipped one: an immutable version, proposed by one person and agreed to by another."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.requests import Decision, ReasonedRequest, RequestQuerySet, decided_whole


class TextVersionQuerySet(RequestQuerySet["TextVersion"]):
    def agreed(self) -> "TextVersionQuerySet":
        """Return what was agreed to, in the order in which it takes effect."""
        return self.filter(decision=Decision.AGREED).order_by("in_force_from", "pk")


class TextVersion(ReasonedRequest):
    """One text in every language, as somebody proposed it. What was proposed never changes; a mend is another version.

    `key`: of `registry.TEXTS`; one that a release took out stays to be read. `texts`: {language: text}; empty: as it is
    shipped, again. `replaces`: what it was compared with, the last one that was agreed to; null for what is shipped.
    `wanted_from`: when it is to take effect, null for at once; `in_force_from`: when it does. `words`: {"reason",
    "answer"}. The number by which attempts name it is the row's key.
    """

    key = models.CharField(_("text"), max_length=60)
    texts = models.JSONField(_("text"), default=dict, blank=True)
    words = models.JSONField(default=dict, blank=True)
    replaces = models.ForeignKey("self", models.PROTECT, related_name="+", null=True, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"), default=timezone.now)
    wanted_from = models.DateTimeField(_("to take effect at"), null=True, blank=True)
    in_force_from = models.DateTimeField(_("in force from"), null=True, blank=True)

    objects = TextVersionQuerySet.as_manager()

    class Meta:
        app_label = "texts"
        verbose_name = _("version of a text")
        verbose_name_plural = _("versions of texts")
        ordering = ["-proposed_at", "-pk"]
        indexes = [models.Index(fields=["decision", "in_force_from"]), models.Index(fields=["key", "-proposed_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(decision="waiting"), name="one_waiting_version_of_a_text"
            ),
            models.CheckConstraint(
                # In the database too: nobody alone words what every recipient reads.
                name="text_version_takes_two",
                condition=Q(decision__in=["waiting", "withdrawn"]) | ~Q(decided_by=F("proposed_by")),
            ),
            decided_whole("text_version_is_decided_whole"),
            models.CheckConstraint(
                name="text_version_agreed_has_its_time",
                condition=Q(decision="agreed", in_force_from__isnull=False)
                | (~Q(decision="agreed") & Q(in_force_from__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} #{self.pk}"

    @property
    def is_shipped(self) -> bool:
        """Tell whether it puts the shipped text back in its place."""
        return not self.texts
