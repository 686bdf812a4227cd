"""A stand-in for a service that speaks S3: one bucket in memory. It refuses what isn't signed as version 4 demands."""

import base64
import hashlib
import hmac
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

NIGHT = datetime(2026, 11, 29, 2, tzinfo=UTC)
BUCKET, KEY_ID, SECRET, REGION = "shelf", "KEYID", "secret/of+the=bucket", "eu-test-1"
SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<credential>[^,]+), ?SignedHeaders=(?P<headers>[^,]+),"
    r" ?Signature=(?P<signature>\w+)"
)


@dataclass
class Shelf:
    """What is stored, and how it misbehaves. `refused`: requests whose signature or digest didn't fit."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    keeps_versions: bool = False
    damages: str = ""  # objects whose name ends so lose a byte
    breaks: bool = False
    times: dict[str, datetime] = field(default_factory=dict)  # when each was stored; unless given, NIGHT
    asked: list[tuple[str, str]] = field(default_factory=list)  # method and path of each request
    status: int = 0  # what every request is answered with
    hangs: threading.Event | None = None  # no answer before it is set
    drips: float = 0.0  # seconds between two bytes of a body
    breaks_off: int = 0  # so many bytes of a body come
    is_public: bool = False  # also without a key
    knows_conditions: bool = True
    refuses_conditions: bool = False
    writes_nothing: bool = False
    page: int = 1000  # names in a list


@contextmanager
def running_shelf(wrap: Callable[[Any], Any] | None = None) -> Iterator[Shelf]:
    """Run it; with `wrap`, which gives a socket TLS, at https://localhost."""
    shelf = Shelf()

    class Handler(_Handler):
        store = shelf

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shelf.url = f"http://127.0.0.1:{server.server_port}"
    if wrap is not None:
        server.socket = wrap(server.socket)
        shelf.url = f"https://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield shelf
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    store: Shelf
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        self.close_connection = True  # also where nothing more can be read: of a client that has given up
        with suppress(OSError):
            super().handle_one_request()

    def log_message(self, format: str, *args: Any) -> None: ...

    def _begin(self) -> tuple[str, dict[str, str], bytes] | None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.store.asked.append((self.command, self.path))
        if self.store.hangs is not None:
            self.store.hangs.wait(60)
        if self.store.status:
            self._answer(self.store.status, b"<Error><Code>Busy</Code></Error>")
            return None
        if self.store.breaks:
            self._answer(400, b"<Error><Code>Broken</Code></Error>")
            return None
        is_open = self.store.is_public and "Authorization" not in self.headers and self.command == "GET"
        if not is_open and not _is_signed(self.command, parts.path, query, self.headers, body):
            self.store.refused.append(self.path)
            self._answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
            return None
        told = self.headers.get("x-amz-checksum-sha256")
        if told and told != base64.b64encode(hashlib.sha256(body).digest()).decode():
            self.store.refused.append(self.path)
            self._answer(400, b"<Error><Code>BadDigest</Code></Error>")
            return None
        _empty, bucket, *name = unquote(parts.path).split("/", 2)
        if bucket != BUCKET:
            self._answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
            return None
        return (name[0] if name else ""), query, body

    def do_GET(self) -> None:
        if (begun := self._begin()) is None:
            return
        name, query, _body = begun
        if not name:
            self._answer(200, self._list(query))
        elif name in self.store.objects:
            self._give(name)
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    do_HEAD = do_GET

    def _give(self, name: str) -> None:
        whole = self.store.objects[name]
        moment = self.store.times.get(name, NIGHT)
        headers = {"Last-Modified": format_datetime(moment, usegmt=True), "ETag": _tag(whole)}
        if self.headers.get("If-Match", _tag(whole)) != _tag(whole):
            self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if part is None:
            self._answer(200, whole, headers)
            return
        first, last = int(part[1]), min(int(part[2] or len(whole)), len(whole) - 1)
        self._answer(206, whole[first : last + 1], {**headers, "Content-Range": f"bytes {first}-{last}/{len(whole)}"})

    def do_PUT(self) -> None:
        if (begun := self._begin()) is None:
            return
        name, query, body = begun
        if "uploadId" in query:
            self.store.parts[query["uploadId"]][int(query["partNumber"])] = body
            self._answer(200, b"")
        elif self.store.writes_nothing:
            self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif "If-None-Match" in self.headers and self.store.refuses_conditions:
            self._answer(501, b"<Error><Code>NotImplemented</Code></Error>")
        elif "If-None-Match" in self.headers and self.store.knows_conditions and name in self.store.objects:
            self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
        else:
            self._store(name, body)
            self._answer(200, b"")

    def do_POST(self) -> None:
        if (begun := self._begin()) is None:
            return
        name, query, body = begun
        if "uploads" in query:
            upload = f"u{len(self.store.parts)}"
            self.store.parts[upload] = {}
            told = f"<Bucket>{BUCKET}</Bucket><Key>{name}</Key><UploadId>{upload}</UploadId>"
            self._answer(200, f"<InitiateMultipartUploadResult>{told}</InitiateMultipartUploadResult>".encode())
        elif "delete" in query:
            names = [unquote(each) for each in re.findall(r"<Key>(.*?)</Key>", body.decode())]
            for each in names:
                self.store.objects.pop(each, None)
            gone = "".join(f"<Deleted><Key>{escape(each)}</Key></Deleted>" for each in names)
            self._answer(200, f"<DeleteResult>{gone}</DeleteResult>".encode())
        else:
            self._store(
                name, b"".join(body for _number, body in sorted(self.store.parts.pop(query["uploadId"]).items()))
            )
            told = f"<Bucket>{BUCKET}</Bucket><Key>{name}</Key><ETag>x</ETag>"
            self._answer(200, f"<CompleteMultipartUploadResult>{told}</CompleteMultipartUploadResult>".encode())

    def do_DELETE(self) -> None:
        if (begun := self._begin()) is None:
            return
        name, query, _body = begun
        if "uploadId" in query:
            self.store.parts.pop(query["uploadId"], None)
        else:
            self.store.objects.pop(name, None)
        self._answer(204, b"")

    def _store(self, name: str, body: bytes) -> None:
        damages = self.store.damages and name.endswith(self.store.damages)
        self.store.objects[name] = body[:-1] if damages else body

    def _list(self, query: dict[str, str]) -> bytes:
        prefix, after = query.get("prefix", ""), query.get("continuation-token", "")
        names = [
            name
            for name in sorted(self.store.objects)
            if name.startswith(prefix) and name > after
            and not ("delimiter" in query and "/" in name[len(prefix) :])
        ]  # fmt: skip
        size = min(int(query.get("max-keys", self.store.page)), self.store.page)
        shown, is_cut = names[:size], len(names) > size
        found = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>{len(self.store.objects[name])}</Size><ETag>x</ETag>"
            f"<LastModified>{self.store.times.get(name, NIGHT):%Y-%m-%dT%H:%M:%S.000Z}</LastModified></Contents>"
            for name in shown
        )
        more = f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if is_cut else ""
        cut = str(is_cut).lower()
        return f"<ListBucketResult><IsTruncated>{cut}</IsTruncated>{more}{found}</ListBucketResult>".encode()

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        version = {"x-amz-version-id": "v1"} if self.store.keeps_versions and self.command == "PUT" else {}
        for key, value in {"Content-Length": str(len(body)), "ETag": '"x"', **version, **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.store.breaks_off and len(body) > self.store.breaks_off:
            self.wfile.write(body[: self.store.breaks_off])
            self.close_connection = True
        elif self.store.drips and self.command == "GET" and "Range" in self.headers:
            for at in range(len(body)):
                time.sleep(self.store.drips)
                self.wfile.write(body[at : at + 1])
        else:
            self.wfile.write(body)


def _tag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


def _is_signed(method: str, path: str, query: dict[str, str], headers: Any, body: bytes) -> bool:
    """Sign the request anew, as AWS describes Signature Version 4, and compare."""
    found = SIGNED.fullmatch(headers.get("Authorization", ""))
    if found is None or hashlib.sha256(body).hexdigest() != headers["x-amz-content-sha256"]:
        return False
    day, region, service, end = found["credential"].split("/")[1:]
    names = found["headers"].split(";")
    canonical = "\n".join(
        [
            method,
            quote(unquote(path), safe="/-_.~"),
            "&".join(f"{quote(key, safe='-_.~')}={quote(value, safe='-_.~')}" for key, value in sorted(query.items())),
            *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in names),
            "",
            found["headers"],
            headers["x-amz-content-sha256"],
        ]
    )
    scope = f"{day}/{region}/{service}/{end}"
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{SECRET}".encode()
    for step in (day, region, service, end):
        key = hmac.digest(key, step.encode(), "sha256")
    is_ours = found["credential"].startswith(f"{KEY_ID}/") and (region, service) == (REGION, "s3")
    return is_ours and hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), found["signature"])
