"""Feedback as counts. No row is a person: nothing records which answers came together, or when (docs/adr/0026)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Phase(models.TextChoices):
    BEFORE = "before", pgettext_lazy("phase", "before the session")
    AFTER = "after", pgettext_lazy("phase", "after the session")


class FeedbackCount(models.Model):
    """How often one answer to one question was given.

    `kit_version`: the one that asked it; null for the program's own questions. `is_right`: null for an opinion.
    `waiting` counts answers that nobody sees yet; once ten answers to the question wait, all of them become `shown`
    together, so that two readings don't reveal what one person answered in between.
    """

    session = models.ForeignKey(
        "outreach_pages.InformativeSession",
        models.CASCADE,
        related_name="feedback_counts",
        verbose_name=_("informative session"),
    )
    kit_version = models.ForeignKey(
        "outreach_pages.KitVersion",
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("version of a kit"),
    )
    phase = models.CharField(_("phase"), max_length=8, choices=Phase.choices)
    question = models.SlugField(_("question"), max_length=40)
    answer = models.SlugField(_("answer"), max_length=40)
    is_right = models.BooleanField(_("right"), null=True, blank=True)
    shown = models.PositiveIntegerField(_("shown"), default=0)
    waiting = models.PositiveIntegerField(_("waiting"), default=0)

    class Meta:
        verbose_name = _("feedback count")
        verbose_name_plural = _("feedback counts")
        constraints = [
            models.UniqueConstraint(fields=["session", "phase", "question", "answer"], name="one_count_per_answer"),
            models.CheckConstraint(name="feedback_phase_known", condition=Q(phase__in=["before", "after"])),
        ]

    def __str__(self) -> str:
        return f"{self.phase} {self.question}: {self.answer}"
