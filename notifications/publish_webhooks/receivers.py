"""The receivers of the settings: checked, with their secrets from the environment.

A file of these (settings.PUBLISH_WEBHOOKS, docs/webhooks.md) is the operator's; nobody who edits pages can have them
sent elsewhere. It holds no secret: keys, and addresses that are a secret themselves, are named as variables that begin
with PUBLISH_WEBHOOK_, so that no file can send the vault's keys to somebody.
"""

import base64
import binascii
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from notifications.channels.outgoing_http import BadEndpoint, Endpoint, parse_endpoint

MAX_RECEIVERS = 10
KEY_PREFIX = "whsec_"
KEY_BYTES = (24, 64)  # as Standard Webhooks asks


class ReceiverInvalid(Exception):
    """A receiver, or a secret that it names, can't be used. The message says which and why, and no value."""


def _check_name(text: str) -> str:
    if re.fullmatch(r"[a-z0-9-]{1,40}", text) is None:
        raise ValueError("has small letters, digits and - only, at most 40")
    return text


def _check_variable(text: str) -> str:
    if re.fullmatch(r"PUBLISH_WEBHOOK_[A-Z0-9_]{1,60}", text) is None:
        raise ValueError("names a variable that doesn't begin with PUBLISH_WEBHOOK_ (capitals, digits and _ only)")
    return text


Variable = Annotated[str, AfterValidator(_check_variable)]


class Description(BaseModel):
    """A receiver as the file has it. A key that is written wrongly is an error, not a setting that is missing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, AfterValidator(_check_name)]
    url: str = ""
    url_env: Variable | None = None
    keys_env: Annotated[tuple[Variable, ...], Field(min_length=1, max_length=4)]


@dataclass(frozen=True)
class Receiver:
    """A front end's builder that is told. `keys`: all of them sign."""

    name: str
    endpoint: Endpoint = field(repr=False)
    keys: tuple[str, ...] = field(repr=False)


_adapter: TypeAdapter[list[Description]] = TypeAdapter(list[Description])


def get_receivers() -> tuple[Receiver, ...]:
    """Return the receivers in the order of their file. Raises ReceiverInvalid."""
    return _load()


@lru_cache(maxsize=1)
def _load() -> tuple[Receiver, ...]:
    return load(settings.PUBLISH_WEBHOOKS, os.environ)


@receiver(setting_changed, dispatch_uid="publish_webhooks.loaded")
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in ("PUBLISH_WEBHOOKS", "LOOPBACK_ENDPOINTS"):
        _load.cache_clear()


def load(written: Sequence[Any], environment: Mapping[str, str]) -> tuple[Receiver, ...]:
    """Check descriptions and read their secrets. Raises ReceiverInvalid."""
    try:
        found = _adapter.validate_python(list(written))
    except ValidationError as error:
        # Without the input: somebody may have written a secret into the file.
        raise ReceiverInvalid("; ".join(_describe(problem) for problem in error.errors(include_input=False))) from None
    names = [each.name for each in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ReceiverInvalid(f"two receivers are called {min(twice)}")
    if len(found) > MAX_RECEIVERS:
        raise ReceiverInvalid(f"there are more than {MAX_RECEIVERS} receivers")
    return tuple(_with_secrets(each, environment) for each in found)


def _describe(problem: Any) -> str:
    number, *steps = problem["loc"] or ("",)
    path = ".".join(str(step) for step in steps)
    place = f"receiver {number + 1}" if isinstance(number, int) else "the file"
    return f"{place}{', ' + path if path else ''}: {problem['msg'].removeprefix('Value error, ')}"


def _with_secrets(found: Description, environment: Mapping[str, str]) -> Receiver:
    if bool(found.url) == bool(found.url_env):
        raise ReceiverInvalid(f"{found.name}: give either url or url_env")
    url = _require(found, found.url_env, environment) if found.url_env else found.url
    try:
        endpoint = parse_endpoint(url)
    except BadEndpoint as error:
        raise ReceiverInvalid(f"{found.name}: its address can't be used ({error.code})") from None
    first, *others = found.keys_env
    keys = [_require(found, first, environment)]
    # A second one is there while one takes the place of the other.
    keys += [value for name in others if (value := environment.get(name, "").strip())]
    if not all(is_key(key) for key in keys):
        raise ReceiverInvalid(
            f"{found.name}: a key is {KEY_PREFIX} and base64 of {KEY_BYTES[0]} to {KEY_BYTES[1]} bytes"
        )
    return Receiver(found.name, endpoint, tuple(keys))


def _require(found: Description, name: str, environment: Mapping[str, str]) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise ReceiverInvalid(f"{found.name}: the variable {name} isn't set")
    return value


def is_key(text: str) -> bool:
    """Tell whether this is a key of Standard Webhooks."""
    if not text.startswith(KEY_PREFIX):
        return False
    try:
        length = len(base64.b64decode(text.removeprefix(KEY_PREFIX), validate=True))
    except (binascii.Error, ValueError):
        return False
    return KEY_BYTES[0] <= length <= KEY_BYTES[1]
