"""What a phone takes along."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from .models import CONTACT_HOURS, Device


def build_pack(device: Device, language: str) -> dict[str, Any]:
    now = timezone.now()
    return {
        "made_at": now,
        "expires_at": now + timedelta(hours=CONTACT_HOURS),
        "units": [],
        "forms": [],
        "numbers": [],
        "call_card": {},
        "day": [],
        "sessions": [],
        "cases": [],
        "kits": [],
        "alarm": None,
    }
