"""Small, bounded tables about the service itself. No row says anything about a person, a case or a place."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RequestCount(models.Model):
    """How often something happened in all web processes together, since the database was made.

    `name`, `label`: one of `counting.NAMES` and, say, a lane; a few dozen rows, however many requests came.
    """

    name = models.CharField(max_length=32)
    label = models.CharField(max_length=32)
    total = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("count of requests")
        verbose_name_plural = _("counts of requests")
        constraints = [models.UniqueConstraint(fields=["name", "label"], name="one_count_per_name_and_label")]

    def __str__(self) -> str:
        return f"{self.name} {self.label}"


class Matter(models.Model):
    """Something of the service that was not well, from when to when, and what operators were sent about it.

    `name`: one of `matters.MATTERS`. `tried_at`: when a message was last tried, `heard_at`: when one was last taken by
    a gateway or a receiver; `error`: why not, as a code. `messages`: how many were taken. Old ones are deleted
    (`telling.tidy`).
    """

    name = models.CharField(_("matter"), max_length=24)
    began_at = models.DateTimeField(_("began at"))
    tried_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(_("operators notified at"), null=True, blank=True)
    messages = models.PositiveIntegerField(_("messages"), default=0)
    error = models.CharField(_("error code"), max_length=40, blank=True)
    ended_at = models.DateTimeField(_("well again at"), null=True, blank=True)

    class Meta:
        verbose_name = _("matter of the service")
        verbose_name_plural = _("matters of the service")
        ordering = ["-began_at"]
        indexes = [models.Index(fields=["-began_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(ended_at__isnull=True), name="one_open_matter_of_a_name"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.began_at:%Y-%m-%d %H:%M}"


class DailySample(models.Model):
    """How much the service stored on a day, as it was last measured that day: {figure: a number}, see `samples`."""

    day = models.DateField(primary_key=True)
    at = models.DateTimeField()
    figures = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("sample of a day")
        verbose_name_plural = _("samples of days")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day}"
