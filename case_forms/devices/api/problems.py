"""What is answered when a phone can't be served: problem documents, as everywhere in the field API."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI

from access.middleware import problem
from vault.field_keys import FieldSealBroken, UnknownFieldKey

from ..actions import DeviceEnded, DeviceExists, NotGranted, NotSetUp
from ..envelopes import SealedNotRead
from ..sealed_files import PartRefused, WrongOffset
from .authentication import TokenExpired
from .limits import TooMany


class MixedUp(Exception):
    """The body names another phone than the token's."""


def add_handlers(api: NinjaAPI) -> None:
    """Have the API answer what this room raises."""
    handlers: tuple[tuple[type[Exception], Any], ...] = (
        (MixedUp, _mixed_up),
        (TokenExpired, _token_expired),
        (TooMany, _too_many),
        (NotSetUp, _not_set_up),
        (NotGranted, _not_granted),
        (DeviceExists, _device_exists),
        (DeviceEnded, _device_ended),
        (FieldSealBroken, _not_opened),
        (SealedNotRead, _not_read),
        (UnknownFieldKey, _unknown_key),
        (WrongOffset, _wrong_offset),
        (PartRefused, _part_refused),
    )
    for raised, handle in handlers:
        api.add_exception_handler(raised, handle)


def _mixed_up(request: HttpRequest, found: MixedUp) -> HttpResponse:
    return problem(403, "other-device", _("This token is another phone's."))


def _token_expired(request: HttpRequest, found: TokenExpired) -> HttpResponse:
    answer = problem(401, "token-expired", _("This phone's time is over. Sign in on it and renew it."))
    answer["WWW-Authenticate"] = 'Bearer realm="field"'
    return answer


def _too_many(request: HttpRequest, found: TooMany) -> HttpResponse:
    answer = problem(429, "too-many", _("This phone has sent very much. It goes on in a few minutes."))
    answer["Retry-After"] = str(found.seconds)
    return answer


def _not_set_up(request: HttpRequest, found: NotSetUp) -> HttpResponse:
    return problem(503, "not-set-up", _("The service has no key for phones yet; the operator sets one up."))


def _not_granted(request: HttpRequest, found: NotGranted) -> HttpResponse:
    return problem(403, "not-granted", _("No coordinator has allowed you a phone that stores."))


def _device_exists(request: HttpRequest, found: DeviceExists) -> HttpResponse:
    return problem(409, "device-exists", _("You have a phone that stores already. Say that this one takes its place."))


def _device_ended(request: HttpRequest, found: DeviceEnded) -> HttpResponse:
    return problem(410, "device-ended", _("This phone has ended."), why=str(found.why))


def _not_opened(request: HttpRequest, found: FieldSealBroken) -> HttpResponse:
    return problem(422, "sealed-not-opened", _("This doesn't open. Nothing was stored."))


def _not_read(request: HttpRequest, found: SealedNotRead) -> HttpResponse:
    return problem(422, "sealed-not-read", _("This opens, and isn't a form that can be read. Nothing was stored."))


def _unknown_key(request: HttpRequest, found: UnknownFieldKey) -> HttpResponse:
    return problem(404, "unknown-key", _("The service doesn't have the key that this was sealed to."))


def _wrong_offset(request: HttpRequest, found: WrongOffset) -> HttpResponse:
    answer = problem(409, "wrong-offset", _("The file ends elsewhere."), offset=found.offset)
    answer["Upload-Offset"] = str(found.offset)
    return answer


def _part_refused(request: HttpRequest, found: PartRefused) -> HttpResponse:
    if found.code == "too_large":
        return problem(413, "too-large", _("The file is too large."))
    if found.code == "too_many":
        return problem(429, "too-many", _("This phone has begun too many files. Send the rest of one first."))
    return problem(422, "wrong-length", _("This isn't a part of the file that was begun."))
