"""The gateways of this service: read from the settings, checked, with their secrets from the environment."""

import base64
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from pydantic import Field, TypeAdapter, ValidationError

from .description import BasicAuth, FromEnvironment, Gateway, HttpGateway

MIN_SECRET = 16  # characters of a secret that proves where something comes from


class GatewayInvalid(Exception):
    """A description, or a secret that it names, can't be used. The message says which and why, and no value."""


@dataclass(frozen=True)
class Loaded:
    """A gateway with its secrets. `headers`: those that every request carries; `secrets`: good for what comes in."""

    description: Gateway
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        return self.description.name


_adapter: TypeAdapter[list[Gateway]] = TypeAdapter(list[Annotated[Gateway, Field(discriminator="by")]])


def get_gateways(kind: str) -> list[Loaded]:
    """Return the gateways of this kind in their order. Raises GatewayInvalid."""
    return [loaded for loaded in _load() if loaded.description.kind == kind]


def get_gateway(name: str) -> Loaded | None:
    """Return the gateway of this name. Raises GatewayInvalid."""
    return next((loaded for loaded in _load() if loaded.name == name), None)


def iter_gateways() -> Iterator[Loaded]:
    """Yield every gateway. Raises GatewayInvalid."""
    yield from _load()


@lru_cache(maxsize=1)
def _load() -> tuple[Loaded, ...]:
    return load(settings.NOTIFICATION_GATEWAYS, os.environ)


@receiver(setting_changed, dispatch_uid="gateways.loaded")
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "NOTIFICATION_GATEWAYS":
        _load.cache_clear()


def load(written: Sequence[Any], environment: Mapping[str, str]) -> tuple[Loaded, ...]:
    """Check descriptions and read their secrets. Raises GatewayInvalid."""
    try:
        gateways = _adapter.validate_python(list(written))
    except ValidationError as error:
        # Without the input: somebody may have written a secret into the file.
        raise GatewayInvalid("; ".join(_describe(problem) for problem in error.errors(include_input=False))) from None
    names = [gateway.name for gateway in gateways]
    if twice := {name for name in names if names.count(name) > 1}:
        raise GatewayInvalid(f"two gateways are called {min(twice)}")
    return tuple(_with_secrets(gateway, environment) for gateway in gateways)


def _describe(problem: Any) -> str:
    number, *steps = problem["loc"] or ("",)
    path = ".".join(str(step) for step in steps)
    place = f"gateway {number + 1}" if isinstance(number, int) else "the file"
    return f"{place}{', ' + path if path else ''}: {problem['msg'].removeprefix('Value error, ')}"


def _with_secrets(gateway: Gateway, environment: Mapping[str, str]) -> Loaded:
    if not isinstance(gateway, HttpGateway):
        return Loaded(gateway)
    headers = {
        name: value if isinstance(value, str) else value.before + _read(gateway, value, environment)
        for name, value in gateway.headers.items()
    }
    if gateway.basic_auth:
        headers["Authorization"] = _build_basic(gateway, gateway.basic_auth, environment)
    return Loaded(gateway, headers, _read_incoming(gateway, environment))


def _read(gateway: HttpGateway, value: FromEnvironment, environment: Mapping[str, str]) -> str:
    return _require(gateway, value.env, environment)


def _build_basic(gateway: HttpGateway, auth: BasicAuth, environment: Mapping[str, str]) -> str:
    user, password = (_require(gateway, name, environment) for name in (auth.user_env, auth.password_env))
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _require(gateway: HttpGateway, name: str, environment: Mapping[str, str]) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise GatewayInvalid(f"{gateway.name}: the variable {name} isn't set")
    if not value.isascii() or not value.isprintable():
        raise GatewayInvalid(f"{gateway.name}: the variable {name} holds a character that no header may hold")
    return value


def _read_incoming(gateway: HttpGateway, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Read the secrets of what comes in. The first must be set; a second one is there while one replaces the other."""
    if gateway.incoming is None:
        return ()
    first, *others = gateway.incoming.secrets_env
    found = [_require(gateway, first, environment)]
    found += [value for name in others if (value := environment.get(name, "").strip())]
    if any(len(value) < MIN_SECRET for value in found):
        raise GatewayInvalid(f"{gateway.name}: a secret for what comes in has at least {MIN_SECRET} characters")
    return tuple(found)
