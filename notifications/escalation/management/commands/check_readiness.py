"""`manage.py check_readiness`: check that somebody can be notified at every hour of the next 14 days."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import Region
from notifications.directory.agreements.attention import describe_attention, list_attention
from notifications.directory.agreements.rules import list_proposed_off
from notifications.directory.outlook import HORIZON, Lack, build_outlook
from notifications.directory.outlook_words import describe_shortfall, name_role
from notifications.escalation.means_watch import count_mail_keys, count_staff_phones
from notifications.texts.in_force import find_broken

NOBODY_MANAGES: frozenset[int] = frozenset()
TEXT_AS_SHIPPED = _("this text no longer fits, so messages say what is shipped; propose another one")
NOT_REQUIRED = _("notified with or without an agreement in force, though requiring one is proposed")
KEYS = {
    "keys_ended": _("contacts whose key for e-mails has ended, so that they go out readable"),
    "keys_soon": _("contacts whose key for e-mails ends soon"),
}
WITHOUT_PHONE = _("coordinators of whom no phone is woken")


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
        for each in list_attention(timezone.localdate(now)):
            self.stdout.write(f"{name_role(each.agreement.partner.role)}: {describe_attention(each)}")
        for role in list_proposed_off():
            self.stdout.write(f"{name_role(role)}: {NOT_REQUIRED}")
        for text in find_broken(now):
            self.stdout.write(f"{text.key}: {TEXT_AS_SHIPPED} ({text.number})")
        keys, phones = count_mail_keys(now), count_staff_phones(now)
        for name, meaning in KEYS.items():
            if keys[name]:
                self.stdout.write(f"{meaning}: {keys[name]}")
        if settings.VAPID_PRIVATE_KEY and phones["without_phone"]:
            self.stdout.write(f"{WITHOUT_PHONE}: {phones['without_phone']} / {phones['coordinators']}")
        gaps = sum(each.lack in (Lack.NOBODY, Lack.NO_OFFICE) for each in found)
        if not outlooks or gaps:
            raise CommandError(f"{gaps} time(s) or place(s) with nobody, among {len(outlooks)} desk(s)")
        self.stdout.write(f"{len(outlooks)} desk(s), somebody at every hour; {len(found)} other thing(s) missing")
