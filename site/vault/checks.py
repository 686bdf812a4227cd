"""Start-up checks: the key ring is readable, and it is the one that sealed the values in the database."""

from typing import Any

from django.core.checks import Error, register
from django.db import DatabaseError

from .field_keys import load_field_keys
from .keyring import KeyRingError, load_key_ring


@register()
def key_ring_is_readable(app_configs: Any, **kwargs: Any) -> list[Error]:
    try:
        load_key_ring()
    except KeyRingError as error:
        return [Error(str(error), id="vault.E001")]
    return []


@register()
def field_keys_are_readable(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Check the keys to which phones seal; none at all is fine, then no phone may store."""
    try:
        load_field_keys()
    except KeyRingError as error:
        return [Error(str(error), id="vault.E003")]
    return []


@register()
def key_ring_fits_the_database(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Check the ring before every `manage.py` command, so that none seals under a stray key.

    A database that isn't there yet raises nothing.
    """
    from .canary import KeysRefused, check_keys  # imports models: checks are registered before there are any

    try:
        check_keys()
    except KeysRefused as refused:
        return [Error(str(refused), id="vault.E002")]
    except (DatabaseError, KeyRingError):
        return []
    return []
