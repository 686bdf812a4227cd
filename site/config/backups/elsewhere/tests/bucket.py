"""A stand-in for a service that speaks S3: one bucket in memory. It refuses what isn't signed as version 4 demands."""

import base64
import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

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


@contextmanager
def running_shelf() -> Iterator[Shelf]:
    shelf = Shelf()

    class Handler(_Handler):
        store = shelf

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shelf.url = f"http://127.0.0.1:{server.server_port}"
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

    def log_message(self, format: str, *args: Any) -> None: ...

    def _begin(self) -> tuple[str, dict[str, str], bytes] | None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.store.breaks:
            self._answer(400, b"<Error><Code>Broken</Code></Error>")
            return None
        if not _is_signed(self.command, parts.path, query, self.headers, body):
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
            self._answer(200, self._list(query.get("prefix", "")))
        elif name in self.store.objects:
            self._answer(200, self.store.objects[name], {"Last-Modified": "Sun, 29 Nov 2026 02:00:00 GMT"})
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def do_PUT(self) -> None:
        if (begun := self._begin()) is None:
            return
        name, query, body = begun
        if "uploadId" in query:
            self.store.parts[query["uploadId"]][int(query["partNumber"])] = body
            self._answer(200, b"")
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

    def _list(self, prefix: str) -> bytes:
        found = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>{len(body)}</Size><ETag>x</ETag>"
            "<LastModified>2026-11-29T02:00:00.000Z</LastModified></Contents>"
            for name, body in sorted(self.store.objects.items())
            if name.startswith(prefix) and "/" not in name[len(prefix) :]
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>".encode()

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        version = {"x-amz-version-id": "v1"} if self.store.keeps_versions and self.command == "PUT" else {}
        for key, value in {"Content-Length": str(len(body)), "ETag": '"x"', **version, **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)


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
