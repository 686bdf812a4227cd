"""Give a role from the machine's shell, for when no second person is left to agree."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from access.models import MobileUnit, Region, StaffRole, User
from access.staff.roles import give_role


class Command(BaseCommand):
    help = (
        "Gives a role from today on, without a second keeper; recorded as done by the system. For the day when nobody"
        " is left who could agree: everybody else is kept under /cms/staff/."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("role", choices=StaffRole.values)
        parser.add_argument("--unit", default="", help="key of the unit, for a worker")
        parser.add_argument("--region", action="append", default=[], help="key of a region, for a coordinator")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise CommandError(f"No active member of staff is called {options['username']!r}.")
        unit = MobileUnit.objects.filter(slug=options["unit"]).first()
        regions = list(Region.objects.filter(slug__in=options["region"]))
        if options["role"] == StaffRole.WORKER and unit is None:
            raise CommandError("A worker needs --unit with the key of a unit.")
        # A key that is written wrong finds no region, and must not be dropped without a word.
        if options["role"] == StaffRole.COORDINATOR and len(regions) != max(1, len(options["region"])):
            raise CommandError("A coordinator needs --region with the key of a region, once or more.")
        try:
            give_role(
                user=user, role=options["role"], unit=unit, regions=regions, starts_on=timezone.localdate(), by=None
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{user.username} is {options['role']} from today on.")
