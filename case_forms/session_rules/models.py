"""What rules have done about an informative session, and what they have asked the unit for.

Nothing here is sealed and nothing could be: a session has no case, names nobody, and stands in a calendar.
"""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from case_forms.cases.applying.event_without_case import EventWithoutCase
from notifications.directory.models import Role
from outreach_pages.records.models import InformativeSession


class SessionEvent(EventWithoutCase):
    """One event of a session that rules responded to."""

    FAILED = "session_rules_failed"

    session = models.ForeignKey(
        InformativeSession, models.CASCADE, related_name="rule_events", verbose_name=_("informative session")
    )
    kind = models.CharField(_("kind"), max_length=40)

    class Meta(EventWithoutCase.Meta):
        verbose_name = _("event of a session")
        verbose_name_plural = _("events of sessions")

    def __str__(self) -> str:
        return f"{self.session_id} {self.kind}"

    def get_logged(self) -> dict[str, str]:
        return {"session": str(self.session_id), "kind": self.kind}


class SessionTaskQuerySet(models.QuerySet["SessionTask"]):
    def waiting(self) -> "SessionTaskQuerySet":
        """Return the tasks that are still to be done."""
        return self.filter(met_at__isnull=True, ended_at__isnull=True)


class SessionTask(models.Model):
    """What a rule asks somebody to do about a session by a time. The session's report meets it.

    Everything that the clock needs is written here when it starts, as for a case's duties (docs/adr/0095).
    `ended_at`: it is not to be done any more, because the session was not held after all.
    """

    event = models.ForeignKey(SessionEvent, models.CASCADE, related_name="tasks")
    session = models.ForeignKey(
        InformativeSession, models.CASCADE, related_name="tasks", verbose_name=_("informative session")
    )
    key = models.CharField(_("key"), max_length=64)
    label = models.JSONField(_("label"))  # {language: text}
    next_step = models.JSONField(default=dict, blank=True)  # {language: text}
    owner = models.CharField(_("whose duty"), max_length=24, choices=Role.choices)
    ladder = models.JSONField(default=list, blank=True)
    starts_at = models.DateTimeField(_("starts at"))
    amber_at = models.DateTimeField(null=True, blank=True)
    red_at = models.DateTimeField(null=True, blank=True)
    breach_at = models.DateTimeField(null=True, blank=True)
    met_at = models.DateTimeField(_("met at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    next_mark_at = models.DateTimeField(null=True, blank=True, db_index=True)
    chase_id = models.UUIDField(null=True, blank=True)
    chases = models.PositiveIntegerField(default=0)

    objects = SessionTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task about a session")
        verbose_name_plural = _("tasks about sessions")
        ordering = ["starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "key"], name="one_session_task_per_event_and_key"),
            models.CheckConstraint(
                name="session_task_over_has_no_next_mark",
                condition=Q(met_at__isnull=True, ended_at__isnull=True) | Q(next_mark_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.key}"

    @property
    def marks(self) -> list[datetime]:
        """Its marks, the earliest first."""
        return sorted(at for at in (self.amber_at, self.red_at, self.breach_at) if at is not None)

    @property
    def due_at(self) -> datetime | None:
        """When it is late: its last mark."""
        return self.marks[-1] if self.marks else None
