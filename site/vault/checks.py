"""Start-up check: the key ring is readable."""

from typing import Any

from django.core.checks import Error, register

from .keyring import KeyRingError, load_key_ring


@register()
def key_ring_is_readable(app_configs: Any, **kwargs: Any) -> list[Error]:
    try:
        load_key_ring()
    except KeyRingError as error:
        return [Error(str(error), id="vault.E001")]
    return []
