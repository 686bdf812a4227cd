"""Start-up check: the address of the outside watch is one that can be asked. It never says the address."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, register

from notifications.channels.outgoing_http import BadEndpoint, parse_endpoint


@register()
def outside_watch_can_be_asked(app_configs: Any, **kwargs: Any) -> list[Error]:
    if not settings.OUTSIDE_WATCH_URL:
        return []
    try:
        parse_endpoint(settings.OUTSIDE_WATCH_URL)
    except BadEndpoint as bad:
        return [Error(f"OUTSIDE_WATCH_URL can't be asked: {bad.code}", id="escalation.E001")]
    return []
