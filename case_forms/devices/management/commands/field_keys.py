"""`manage.py field_keys`: which of FIELD_KEYS phones still use, and which can go."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import F, Max
from django.utils import timezone

from case_forms.devices.actions import QUEUE_DAYS
from case_forms.devices.models import Arrival, Device
from vault.field_keys import load_field_keys


class Command(BaseCommand):
    help = "Says of each key in FIELD_KEYS how many phones were given it last, and whether it can go."

    def handle(self, *args: Any, **options: Any) -> None:
        ring = load_field_keys()
        if not ring:
            self.stdout.write("FIELD_KEYS is empty: no phone may store. manage.py field_key prints a key.")
        for position, key in enumerate(ring):
            self.stdout.write(f"{key.id}: {self._describe(key.id, is_first=position == 0)}")

    def _describe(self, key_id: str, *, is_first: bool) -> str:
        phones = Device.objects.filter(key_id=key_id)
        living = phones.living().count()
        # What has ended or was given another key may still deliver what it sealed before, as long as a token lives.
        since = timezone.now() - timedelta(days=QUEUE_DAYS)
        ended = phones.filter(ended_at__gt=since)
        switched = Device.objects.exclude(key_id=key_id).filter(key_since__gt=since, created_at__lt=F("key_since"))
        late = ended.count() + switched.count()
        last = Arrival.objects.filter(key_id=key_id).aggregate(at=Max("arrived_at"))["at"]
        words = f"{living} phones in use, {late} that may still deliver what they sealed to it"
        words += f", last used {last:%Y-%m-%d}" if last else ""
        if is_first:
            return f"{words}. Given to phones."
        recent = last is not None and last > since
        return f"{words}. {'Still needed.' if living or late or recent else 'Can leave FIELD_KEYS.'}"
