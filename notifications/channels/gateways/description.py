"""What a gateway is, as data: where it is asked, with what, what its answers mean, and how what it sends is known.

A file of these (`NOTIFICATION_GATEWAYS_FILE`, docs/gateways.md) is a list, in the order in which gateways of one kind
are tried. It holds no secret: it names variables of the environment, which begin with GATEWAY_, so that no file can
send the vault's keys to a provider.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from access.languages import LANGUAGES, SPOKEN_LANGUAGES

from .paths import find_text, is_path

Kind = Literal["sms", "voice"]
PLACEHOLDERS = ("number", "text", "reference", "language", "callback")
# What is tolerated of a clock that is wrong where a signature carries the time.
MAX_AGE_SECONDS = 300
LONGEST_VALUE = 100

_BRACES = re.compile(r"\{([^{}]*)\}")
_FIELD_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,60}")
# Headers that the connection itself sets: set by hand they would make the request ambiguous.
_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-type"})


def _check_path(text: str) -> str:
    if not is_path(text):
        raise ValueError("is no path; write it as messages.0.status")
    return text


def _check_variable(text: str) -> str:
    if re.fullmatch(r"GATEWAY_[A-Z0-9_]{1,60}", text) is None:
        raise ValueError("names a variable that doesn't begin with GATEWAY_ (capitals, digits and _ only)")
    return text


def _check_language(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError(f"not a language of the service: {', '.join(LANGUAGES)}")
    return code


def _check_header(text: str) -> str:
    if _FIELD_NAME.fullmatch(text) is None or text.lower() in _OWN_HEADERS:
        raise ValueError("is no header that may be set here")
    return text


def _check_value(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise ValueError("holds a character that no header may hold")
    return text


DottedPath = Annotated[str, AfterValidator(_check_path)]
Variable = Annotated[str, AfterValidator(_check_variable)]
HeaderName = Annotated[str, AfterValidator(_check_header)]
HeaderValue = Annotated[str, Field(max_length=500), AfterValidator(_check_value)]
Codes = tuple[Annotated[str, Field(max_length=LONGEST_VALUE)], ...]


class Strict(BaseModel):
    """A part of a description. A key that is written wrongly is an error, not a setting that is silently missing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FromEnvironment(Strict):
    """A header's value from the environment, with what stands before it ("Bearer ")."""

    env: Variable
    before: HeaderValue = ""


class BasicAuth(Strict):
    user_env: Variable
    password_env: Variable


class Body(Strict):
    """The request's body. `content` is JSON, or for a form a flat object of texts.

    Texts in it may hold placeholders. They are put in after it was parsed, as values: no text can end the string or
    the field that it stands in.
    """

    format: Literal["json", "form"] = "json"
    content: dict[str, JsonValue]

    @model_validator(mode="after")
    def _check(self) -> "Body":
        for text in _iter_texts(self.content):
            check_placeholders(text, PLACEHOLDERS)
        if self.format == "form" and not all(isinstance(value, str) for value in self.content.values()):
            raise ValueError("a form's content is an object of texts")
        whole = " ".join(_iter_texts(self.content))
        missing = [name for name in ("number", "text") if f"{{{name}}}" not in whole]
        if missing:
            raise ValueError(f"the body has no {{{missing[0]}}}")
        return self


class Rule(Strict):
    """Which answers are meant: by status, and by the value at a path of their JSON. Both hold where both are given."""

    status: tuple[Annotated[int, Field(ge=100, le=599)], ...] = ()
    path: DottedPath | Literal[""] = ""
    values: Codes = ()

    @model_validator(mode="after")
    def _check(self) -> "Rule":
        if not self.status and not self.path:
            raise ValueError("a rule names a status, or a path and its values")
        if bool(self.path) != bool(self.values):
            raise ValueError("a path needs values, and values a path")
        return self

    def matches(self, status: int, body: Any) -> bool:
        if self.status and status not in self.status:
            return False
        return not self.path or find_text(body, self.path, longest=LONGEST_VALUE) in self.values


class Refusal(Rule):
    """Answers that mean "not this number". `try_next`: another gateway may know better (it isn't served here)."""

    try_next: bool = False


class Id(Strict):
    """Where an answer names the gateway's own id of what it took."""

    path: DottedPath | Literal[""] = ""
    header: HeaderName | Literal[""] = ""

    @model_validator(mode="after")
    def _check(self) -> "Id":
        if bool(self.path) == bool(self.header):
            raise ValueError("the id stands at a path or in a header: name one of them")
        return self


class Receipts(Strict):
    """How a receipt names what it is about, and which statuses say what became of it. All others say nothing yet."""

    each: DottedPath | Literal[""] = ""  # where a request brings a list of them
    id: DottedPath | Literal[""] = ""
    reference: DottedPath | Literal[""] = ""
    status: DottedPath
    delivered: Codes
    failed: Codes = ()

    @model_validator(mode="after")
    def _check(self) -> "Receipts":
        if not (self.id or self.reference):
            raise ValueError("a receipt names an id or a reference")
        if not self.delivered or set(self.delivered) & set(self.failed):
            raise ValueError("name the statuses that mean delivered; none of them may mean failed as well")
        return self


class Replies(Strict):
    """Where an SMS that came in has its sender, its text and its id."""

    each: DottedPath | Literal[""] = ""
    sender: DottedPath
    text: DottedPath
    id: DottedPath


class Keys(Strict):
    """Where the report of a pressed key has the key, and the id or the reference of the call."""

    key: DottedPath
    id: DottedPath | Literal[""] = ""
    reference: DottedPath | Literal[""] = ""

    @model_validator(mode="after")
    def _check(self) -> "Keys":
        if not (self.id or self.reference):
            raise ValueError("a pressed key names an id or a reference")
        return self


class Signature(Strict):
    """An HMAC over what comes in, in a header. Every secret named is good: two of them while one is replaced.

    `over`: the body; the body and then the time in `time_header`; that time, a full stop and the body; or the address
    with a form's fields, sorted by name, each with its value behind it.
    """

    by: Literal["signature"]
    header: HeaderName
    secrets_env: Annotated[tuple[Variable, ...], Field(min_length=1, max_length=2)]
    hash: Literal["sha256", "sha512", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    before: HeaderValue = ""
    over: Literal["body", "body+time", "time.body", "url+form"] = "body"
    time_header: HeaderName | Literal[""] = ""

    @model_validator(mode="after")
    def _check(self) -> "Signature":
        if ("time" in self.over) != bool(self.time_header):
            raise ValueError("time_header belongs to a signature over body+time or time.body")
        if self.hash == "sha1" and self.over != "url+form":
            raise ValueError("sha1 is taken for a signature over url+form only; use sha256")
        return self


class Token(Strict):
    """A secret in a header of what comes in. Every one named is good: two of them while one is replaced."""

    by: Literal["token"]
    header: Annotated[str, Field(pattern=_FIELD_NAME.pattern)]
    secrets_env: Annotated[tuple[Variable, ...], Field(min_length=1, max_length=2)]
    before: HeaderValue = ""


Incoming = Annotated[Signature | Token, Field(discriminator="by")]
LanguageCode = Annotated[str, AfterValidator(_check_language)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,38}[a-z0-9]$")]


class HttpGateway(Strict):
    """A gateway that is asked over HTTP."""

    by: Literal["http"]
    name: Name
    kind: Kind
    url: str
    method: Literal["POST", "PUT"] = "POST"  # never GET: a number in an address lands in logs
    headers: dict[HeaderName, HeaderValue | FromEnvironment] = {}
    basic_auth: BasicAuth | None = None
    idempotency_header: HeaderName | Literal[""] = ""
    body: Body
    recordings: dict[LanguageCode, Annotated[str, Field(max_length=200)]] = {}
    drill_recordings: dict[LanguageCode, Annotated[str, Field(max_length=200)]] = {}
    languages: dict[LanguageCode, Annotated[str, Field(max_length=20)]] = {}
    success: Annotated[tuple[Rule, ...], Field(min_length=1)]
    refused: tuple[Refusal, ...] = ()
    id: Id | None = None
    incoming: Incoming | None = None
    receipts: Receipts | None = None
    replies: Replies | None = None
    keys: Keys | None = None

    @model_validator(mode="after")
    def _check(self) -> "HttpGateway":
        check_url(self.url)
        for value in self.headers.values():
            if isinstance(value, str):
                check_placeholders(value, ())
        if self.basic_auth and "authorization" in {name.lower() for name in self.headers}:
            raise ValueError("basic_auth and a header Authorization exclude each other")
        if any((self.receipts, self.replies, self.keys)) and self.incoming is None:
            raise ValueError("receipts, replies and keys need `incoming`: how it is known that they come from there")
        if self.kind == "sms" and (self.keys or self.recordings or self.drill_recordings):
            raise ValueError("keys and recordings belong to a gateway of kind voice")
        if self.kind == "voice" and self.replies:
            raise ValueError("replies belong to a gateway of kind sms")
        for named in (self.recordings, self.drill_recordings):
            if named and not set(SPOKEN_LANGUAGES) <= set(named):
                raise ValueError(f"recordings are needed in each language: {', '.join(SPOKEN_LANGUAGES)}")
        if self.drill_recordings and not self.recordings:
            raise ValueError("drill_recordings take the place of recordings")
        return self


class SpoolGateway(Strict):
    """Gammu SMSD with its backend of files: a modem or a telephone with a SIM card beside the server (`spool`)."""

    by: Literal["gammu"]
    name: Name
    kind: Literal["sms"] = "sms"
    outbox: Path
    sent: Path
    error: Path
    inbox: Path

    @model_validator(mode="after")
    def _check(self) -> "SpoolGateway":
        folders = (self.outbox, self.sent, self.error, self.inbox)
        if not all(folder.is_absolute() for folder in folders):
            raise ValueError("the four folders are given from the root (/var/spool/gammu/outbox)")
        if len(set(folders)) != len(folders):
            raise ValueError("the four folders are four")
        return self


Gateway = HttpGateway | SpoolGateway


def check_placeholders(text: str, allowed: Sequence[str]) -> None:
    """Raise ValueError for a placeholder that isn't one of these. A brace without its partner is a text."""
    for name in _BRACES.findall(text):
        if name not in allowed:
            raise ValueError(f"{{{name}}} is no placeholder here")


def check_url(url: str) -> None:
    """Raise ValueError unless it is https, or http on this machine."""
    parts = urlsplit(url)
    try:
        parts.port  # noqa: B018  # raises where it is no number
    except ValueError:
        raise ValueError("the url's port is no number") from None
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        raise ValueError("the url needs a host, and holds no user, password or fragment")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("the url holds a character that no address holds")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ValueError("the url begins with https:// (http:// only on this machine itself)")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def fill(content: Any, values: Mapping[str, str]) -> Any:
    """Return a copy of JSON with its placeholders replaced, in one pass: what is put in isn't looked at again."""
    if isinstance(content, str):
        return _BRACES.sub(lambda found: values.get(found[1], found[0]), content)
    if isinstance(content, Mapping):
        return {key: fill(value, values) for key, value in content.items()}
    if isinstance(content, list):
        return [fill(value, values) for value in content]
    return content


def _iter_texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        for value in content.values():
            yield from _iter_texts(value)
    elif isinstance(content, list):
        for value in content:
            yield from _iter_texts(value)
