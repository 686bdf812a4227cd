"""Print a bearer token for the field API."""

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from access.models import DEVICE_SCOPES, FieldToken, User
from audit.chain import log_event


class Command(BaseCommand):
    help = (
        "Prints a bearer token for the field API, once. The person's earlier tokens stay valid unless --only is given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        scopes = [scope for scope in FieldToken.Scope.values if scope not in DEVICE_SCOPES]
        parser.add_argument("username")
        parser.add_argument("--days", type=int, default=30, help="how long it lives (default 30)")
        parser.add_argument("--scope", choices=scopes, default="all", help="what it may do (all)")
        parser.add_argument("--only", action="store_true", help="revoke this person's other tokens")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise CommandError(f"No active member of staff is called {options['username']!r}.")
        if not 1 <= options["days"] <= 366:
            raise CommandError("--days takes 1 to 366.")
        if settings.SECOND_FACTOR_REQUIRED and not is_mfa_enabled(user):
            raise CommandError(f"{user.username!r} has no second factor yet; a token would go around it.")
        with transaction.atomic():
            if options["only"]:
                user.field_tokens.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
            token = FieldToken.issue(user, days=options["days"], scope=options["scope"])
            log_event(
                "field_token.issued",
                target_kind="user",
                target_id=user.pk,
                days=options["days"],
                scope=options["scope"],
            )
        self.stdout.write(token)
