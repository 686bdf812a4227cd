"""`manage.py audit_ladders`: check that every open notice, and every duty with steps, has a next step."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.due import find_stranded_rows
from notifications.escalation.findings import get_stranded_notices
from notifications.outbox.models import Notice


class Command(BaseCommand):
    help = (
        "Checks that every open notice has a next attempt, a lease or a next step, and every open duty a next moment;"
        " exit code 1 when one has not."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        found, rows = get_stranded_notices(now), find_stranded_rows(now)
        for notice in found:
            self.stdout.write(f"{notice.code} {notice.pk} {notice.role} {notice.state}: nothing further would happen")
        for clock, key in rows:
            self.stdout.write(f"{clock} {key}: nothing further would happen")
        if found or rows:
            raise CommandError(f"{len(found)} open notice(s) and {len(rows)} other row(s) without a next step")
        self.stdout.write(f"{Notice.objects.open().count()} open notice(s), each with a next step")
