"""The audit log's tables: append-only, hash-chained, written in the transaction of the act itself."""

from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditIsAppendOnly(Exception):
    """Raised when an audit entry would be changed or deleted."""


class AppendOnlyQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise AuditIsAppendOnly("audit entries are never changed")

    def delete(self) -> NoReturn:
        raise AuditIsAppendOnly("audit entries are never deleted")


class AuditEntry(models.Model):
    """One audit event. `detail` holds ids, codes and counts; never names, answers or other sealed content.

    `hash` is an HMAC over the previous entry's hash and this entry's canonical JSON (see `audit.chain`), made with the
    key of `key_id`; null: written before the chain had keys. Database triggers refuse UPDATE and DELETE too.
    """

    number = models.PositiveBigIntegerField(_("number"), primary_key=True)
    at = models.DateTimeField(_("at"))
    actor_kind = models.CharField(_("actor kind"), max_length=16)  # user, contact, system, anonymous
    actor_id = models.CharField(_("actor"), max_length=64, blank=True)
    action = models.CharField(_("action"), max_length=64)
    target_kind = models.CharField(_("target kind"), max_length=32, blank=True)
    target_id = models.CharField(_("target"), max_length=64, blank=True, db_index=True)
    detail = models.JSONField(_("detail"), default=dict)
    previous_hash = models.CharField(_("previous hash"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64, unique=True)
    # Nullable, so that SQLite adds the column without rewriting a long table.
    key_id = models.CharField(_("key"), max_length=24, null=True)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["number"]
        # Each in the order of the entries, or the newest of a kind or person are sorted out of all of them.
        indexes = [
            models.Index(fields=["actor_id", "number"], name="audit_entry_by_actor"),
            models.Index(fields=["action", "number"], name="audit_entry_by_action"),
            models.Index(fields=["at", "number"], name="audit_entry_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AuditIsAppendOnly("audit entries are never changed")
        # An INSERT in any case: a number that exists fails instead of being overwritten.
        super().save(*args, force_insert=True, **{k: v for k, v in kwargs.items() if k == "using"})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AuditIsAppendOnly("audit entries are never deleted")


class ChainHead(models.Model):
    """One row: the last entry's number and hash. Locked by each writer, so the chain has one order."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)
    is_keyed = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("chain head")

    def __str__(self) -> str:
        return f"{self.number} {self.hash[:12]}"


class PutAside(models.Model):
    """A row that a loop couldn't process: left alone until `retry_at`, shown to the operator (`audit.put_aside`).

    `kind`: what was to be done with it. `row`: its primary key. `code`: the class of the error, never its text.
    """

    kind = models.CharField(_("task"), max_length=40)
    row = models.CharField(_("row"), max_length=64)
    code = models.CharField(_("error"), max_length=40)
    times = models.PositiveIntegerField(_("tried"), default=1)
    first_at = models.DateTimeField(_("since"))
    last_at = models.DateTimeField(_("last tried"))
    retry_at = models.DateTimeField(_("tried again at"))

    class Meta:
        verbose_name = _("row set aside")
        verbose_name_plural = _("rows set aside")
        ordering = ["first_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["kind", "row"], name="one_put_aside_per_row")]

    def __str__(self) -> str:
        return f"{self.kind} {self.row} {self.code}"


class RepeatedDenial(models.Model):
    """How often somebody was denied the same again since the entry in the chain (see `audit.denials`)."""

    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64, blank=True)
    target_kind = models.CharField(max_length=32)
    target_id = models.CharField(max_length=64)
    since = models.DateTimeField(db_index=True)
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("repeated denial")
        verbose_name_plural = _("repeated denials")
        constraints = [
            models.UniqueConstraint(
                fields=["actor_kind", "actor_id", "target_kind", "target_id"], name="one_row_per_denial"
            )
        ]

    def __str__(self) -> str:
        return f"{self.actor_kind} {self.actor_id} {self.target_kind} {self.times}"
