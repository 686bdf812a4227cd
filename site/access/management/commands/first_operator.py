"""Make the first operator's account and print the link with which that person chooses a password."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.urls import reverse
from django.utils import timezone

from access.languages import DEFAULT_LANGUAGE, LANGUAGES
from access.models import Assignment, StaffRole, User
from access.staff.actions import create_account, invite
from access.staff.roles import give_role


class Command(BaseCommand):
    help = (
        "Makes an operator and prints a link to choose a password, once. Only while nobody is operator: everybody else"
        " is invited under /cms/staff/."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("email")
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument("--language", choices=LANGUAGES, default=DEFAULT_LANGUAGE)

    def handle(self, *args: Any, **options: Any) -> None:
        operators = Assignment.objects.current().filter(role=StaffRole.OPERATOR, user__is_active=True)
        waiting = operators.filter(user__username=options["username"], user__authenticator__isnull=True).first()
        if waiting is not None and operators.values("user").distinct().count() == 1:
            # The link was lost, or the hour for setting up the second factor went by: nobody can sign in. So the only
            # operator gets another link, as long as they have no factor yet.
            token = invite(user=waiting.user, by=None, mail=False)
        elif operators.exists():
            raise CommandError("There is an operator already, who invites others under /cms/staff/.")
        else:
            token = self._make(options)
        self.stdout.write("Open this link once and choose a password:")
        self.stdout.write(f"{settings.PUBLIC_URL}{reverse('account_invitation', args=[token])}")

    @staticmethod
    def _make(options: dict[str, Any]) -> str:
        try:
            validate_email(options["email"])
        except ValidationError as error:
            raise CommandError(f"{options['email']!r} is no e-mail address.") from error
        today = timezone.localdate()
        there = User.objects.filter(username=options["username"]).first()
        if there is not None:
            if not there.is_active:
                raise CommandError(f"The account {options['username']!r} is shut.")
            give_role(user=there, role=StaffRole.OPERATOR, starts_on=today, by=None)
            return invite(user=there, by=None, mail=False)
        user = User(
            username=options["username"],
            email=options["email"],
            first_name=options["first_name"],
            last_name=options["last_name"],
            language=options["language"],
        )
        try:
            user.clean_fields(exclude=["password"])
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        return create_account(
            user=user,
            role=StaffRole.OPERATOR,
            unit=None,
            regions=(),
            starts_on=today,
            ends_on=None,
            by=None,
            mail=False,
        )
