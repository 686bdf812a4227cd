"""`manage.py check_readiness`: check that somebody can be notified at every hour of the next 14 days."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from access.models import Region
from notifications.directory.outlook import HORIZON, Lack, build_outlook
from notifications.directory.outlook_words import describe_shortfall, name_role

NOBODY_MANAGES: frozenset[int] = frozenset()


class Command(BaseCommand):
    help = (
        "Lists what the duty roster lacks in the next 14 days, for each place where a unit works;"
        " exit code 1 when somewhere nobody would be notified."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        outlooks = build_outlook(Region.objects.filter(is_outreach=True), now, now + HORIZON)
        found = [each for outlook in outlooks for each in outlook.shortfalls]
        for shortfall in found:
            offices = ", ".join(office.slug for office in shortfall.desk.offices)
            words = describe_shortfall(shortfall, NOBODY_MANAGES).words
            self.stdout.write(f"{name_role(shortfall.desk.role)} {offices}: {words}")
        gaps = sum(each.lack in (Lack.NOBODY, Lack.NO_OFFICE) for each in found)
        if not outlooks or gaps:
            raise CommandError(f"{gaps} time(s) or place(s) with nobody, among {len(outlooks)} desk(s)")
        self.stdout.write(f"{len(outlooks)} desk(s), somebody at every hour; {len(found)} other thing(s) missing")
