"""Start-up check: every receiver of the settings can be used, and its secrets are there."""

from typing import Any

from django.core.checks import Error, register

from .receivers import ReceiverInvalid, get_receivers


@register()
def receivers_can_be_used(app_configs: Any, **kwargs: Any) -> list[Error]:
    try:
        get_receivers()
    except ReceiverInvalid as invalid:
        return [Error(f"PUBLISH_WEBHOOKS_FILE: {invalid}", id="publish_webhooks.E001")]
    return []
