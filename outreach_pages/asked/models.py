"""What an editor decided about the questions of one session. The questions themselves stand in its record alone."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.models import Page

from ..records.models import InformativeSession


class Outcome(models.TextChoices):
    ANSWERED = "answered", pgettext_lazy("questions", "answered by a page")
    NOT_FOR_A_PAGE = "not_for_a_page", _("not for a page")


class QuestionsReview(models.Model):
    """One decision. `page`: the page that answers; None once it is deleted, and for what isn't for a page."""

    session = models.OneToOneField(
        InformativeSession,
        models.CASCADE,
        related_name="questions_review",
        verbose_name=_("informative session"),
    )
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    page = models.ForeignKey(Page, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("page"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("decided by"))
    at = models.DateTimeField(_("decided at"), default=timezone.now)

    class Meta:
        verbose_name = _("decision about questions")
        verbose_name_plural = _("decisions about questions")
        constraints = [
            models.CheckConstraint(
                name="questions_review_known_outcome", condition=Q(outcome__in=["answered", "not_for_a_page"])
            ),
            models.CheckConstraint(
                name="questions_review_page_only_when_answered",
                condition=Q(outcome="answered") | Q(page__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.outcome}"
