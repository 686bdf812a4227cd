"""Context processor: values that every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "EXIT_PATH": "/dil/",
        "EXIT_URL": settings.EXIT_URL,
        "SANDBOX": settings.SANDBOX,
        "IDLE_MINUTES": settings.IDLE_MINUTES,
    }
