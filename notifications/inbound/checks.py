"""Start-up check: every gateway of the settings can be used, and its secrets are there."""

from typing import Any

from django.core.checks import Error, register

from notifications.channels.gateways.loading import GatewayInvalid, iter_gateways


@register()
def gateways_can_be_used(app_configs: Any, **kwargs: Any) -> list[Error]:
    try:
        list(iter_gateways())
    except GatewayInvalid as invalid:
        return [Error(f"NOTIFICATION_GATEWAYS_FILE: {invalid}", id="gateways.E001")]
    return []
