"""What the report reads: how each institution answered each time it was notified, as the record has it.

The rows are computed from the record and from the notices (`record.read_asked`), and only from these; `stored` writes
them, `checking` compares them. They hold times, offices and places. Nothing refers to a notice by a foreign key of the
database: on PostgreSQL writing one locks the notice, and whoever answers it would wait, or worse, for the report.
"""

from django.db import models

from access.models import Municipality
from notifications.directory.models import Partner


class OfficeAsked(models.Model):
    """One institution, notified of one thing about one place: the first notice with its reminders and deputies.

    `chain`: the escalation chain (`Notice.chase_id`). `sent_at`: the first sending. The other steps are microseconds
    from there to the first time each was taken, null where it wasn't; below zero where it came before. `is_split`: the
    same office was notified of the same thing about another place as well, which is one asking for whoever sees both.
    """

    chain = models.UUIDField()
    office = models.ForeignKey(Partner, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    place = models.ForeignKey(Municipality, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    sent_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    opened_after = models.BigIntegerField(null=True)
    accepted_after = models.BigIntegerField(null=True)
    declined_after = models.BigIntegerField(null=True)
    wrong_area_after = models.BigIntegerField(null=True)
    outcome_after = models.BigIntegerField(null=True)
    is_split = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["office", "sent_at"], name="asked_by_office"),
            models.Index(fields=["sent_at"], condition=models.Q(is_split=True), name="asked_split"),
        ]
        constraints = [models.UniqueConstraint(fields=["chain", "office", "place"], name="asked_once")]

    def __str__(self) -> str:
        return f"{self.chain} {self.office_id} {self.place_id}"


class UnrecordedNotice(models.Model):
    """A notice that was sent by its own row, while the record knows of no sending: it counts in no line."""

    notice = models.UUIDField(primary_key=True)
    chain = models.UUIDField(db_index=True)
    office = models.ForeignKey(Partner, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    place = models.ForeignKey(Municipality, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    owed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.notice)


class CountState(models.Model):
    """One row: up to which entry of the record the rows are counted, and how far they were compared with it.

    `number`: the last entry that is counted. `passed_at`, `passed`: the notice up to which the pass that runs has come;
    null between two passes. `passed_row`: the row of `OfficeAsked` up to which it has come after that. `compared_at`:
    when the last pass ended. `differed_at`: when a row was last found that the record doesn't bear out.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)
    passed_at = models.DateTimeField(null=True)
    passed = models.UUIDField(null=True)
    passed_row = models.PositiveBigIntegerField(default=0)
    compared_at = models.DateTimeField(null=True)
    differed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"counted up to {self.number}"
