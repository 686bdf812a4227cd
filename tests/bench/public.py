"""The public pages: how fast beside a fresh Wagtail project and beside nginx, how heavy, how soon a change is seen.

Every side stands on the same machine and the same server settings (granian, one process, six threads, SQLite, DEBUG
off); nginx serves the very bytes that our service answers with. Needs Debian's `nginx-light` and `wrk`.
"""

import gzip
import http.client
import json
import re
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from . import public_servers as servers_of
from .public_servers import Ours, Servers, folder_in
from .tables import percentile, table

P95 = 'done = function(s, l, r) io.write(string.format("p95_us %d\\n", l:percentile(95))) end\n'
TIMES_PLAIN, SHARE_OF_NGINX, SHARE_BEHIND, COLD_RATIO = 20.0, 0.25, 0.8, 1.5
MAX_BYTES, MAX_QUERIES, SLOWEST_MS, SEEN_WITHIN_S = 50_000, 15, 150.0, 1.0


@dataclass(frozen=True)
class Load:
    rate: float  # requests a second
    p95_ms: float
    failed: int


def load(url: str, *, connections: int, seconds: int, folder: Path) -> Load:
    """What `wrk` measures with one thread of its own, asking for gzip."""
    script = folder / "p95.lua"
    script.write_text(P95)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-H", "Accept-Encoding: gzip", "-s", str(script), url]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    slow = re.search(r"p95_us (\d+)", told)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    assert rate, told
    assert slow, told
    return Load(float(rate[1]), int(slow[1]) / 1000, int(failed[1]) if failed else 0)


def get_body(url: str, *, encoding: str = "gzip") -> bytes:
    request = urllib.request.Request(url, headers={"Accept-Encoding": encoding} if encoding else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return bytes(answer.read())


def run(*, quick: bool) -> bool:
    if not servers_of.has_tools():
        print("nginx and wrk are missing: bash deploy/packages.sh test")
        return False
    with tempfile.TemporaryDirectory(prefix="vatra-bench-public-") as name:
        folder = Path(name)
        running = Servers(folder)
        try:
            return measured(folder, running, quick=quick)
        finally:
            running.close()


def measured(folder: Path, running: Servers, *, quick: bool) -> bool:
    ours = Ours(folder / "ours")
    ours.prepare()
    warm, cold = ours.serve(running), ours.serve(running, cache=False)
    plain = servers_of.serve_plain(running, folder / "plain")
    bytes_served = get_body(f"{warm}/")
    at = folder_in(folder, "static")
    static = servers_of.serve_nginx(running, at, servers_of.static_configuration(at, body=bytes_served))
    at = folder_in(folder, "front")
    address = servers_of.shipped_configuration(at, upstream=warm, media=ours.folder / "media")
    front = servers_of.serve_nginx(running, at, address)
    goals = [
        *speed(folder, warm=warm, cold=cold, plain=plain, static=static, front=front, quick=quick),
        *weight(warm, ours),
        *freshness(ours, warm, front),
        *many(ours, warm, cold, count=1000 if quick else 10_000),
    ]
    print()
    print(table(("goal", "measured", "met"), [(what, value, "yes" if met else "NO") for what, value, met in goals]))
    return all(met for _what, _value, met in goals)


Goal = tuple[str, str, bool]


def speed(folder: Path, *, warm: str, cold: str, plain: str, static: str, front: str, quick: bool) -> list[Goal]:
    """Rounds in turn, so that what else the machine does falls on all sides alike; the best round of each counts."""
    sides = {"ours, kept": warm, "ours behind nginx": front, "nginx, same bytes": static, "wagtail start": plain}
    rounds, seconds = (1, 1) if quick else (3, 3)
    many: dict[str, Load] = {}
    one: dict[str, Load] = {}
    for url in (*sides.values(), cold):
        load(f"{url}/", connections=4, seconds=1, folder=folder)
    for _round in range(rounds):
        for name, url in sides.items():
            found = load(f"{url}/", connections=16, seconds=seconds, folder=folder)
            many[name] = max(many.get(name, found), found, key=lambda each: each.rate)
        for name, url in {"ours, made anew": cold, "wagtail start": plain}.items():
            found = load(f"{url}/", connections=1, seconds=seconds, folder=folder)
            one[name] = max(one.get(name, found), found, key=lambda each: each.rate)
    print("\nThe home page, 16 connections (the last two: one connection)\n")
    rows = [
        (name, f"{each.rate:,.0f}", f"{each.p95_ms:.2f}", each.failed) for name, each in (*many.items(), *one.items())
    ]
    print(table(("side", "requests/s", "p95 ms", "failed"), rows))
    kept, behind, same, start = (many[name].rate for name in sides)
    ratio = one["wagtail start"].rate / one["ours, made anew"].rate
    return [
        (f"kept / wagtail start >= {TIMES_PLAIN:.0f}", f"{kept / start:.1f}", kept / start >= TIMES_PLAIN),
        (f"kept / nginx >= {SHARE_OF_NGINX}", f"{kept / same:.2f}", kept / same >= SHARE_OF_NGINX),
        (f"behind our nginx / nginx >= {SHARE_BEHIND}", f"{behind / same:.2f}", behind / same >= SHARE_BEHIND),
        (f"making it anew / wagtail start <= {COLD_RATIO}", f"{ratio:.2f}", ratio <= COLD_RATIO),
    ]


def weight(url: str, ours: Ours) -> list[Goal]:
    """Bytes on the wire of a first view (gzip: HTML, CSS, JS), and queries, of each type of page."""
    found = json.loads(ours.inside("queries"))
    rows = []
    for path, (kind, queries) in found.items():
        html = get_body(url + path)
        assets = get_assets(url, gzip.decompress(html).decode())
        rows.append((kind, path, queries, len(html), sum(assets.values()), len(html) + sum(assets.values())))
    print("\nOne page of each type: queries when made anew, bytes of a first view (gzip)\n")
    print(table(("type", "address", "queries", "HTML", "CSS+JS", "together"), rows))
    heaviest, most = max(row[5] for row in rows), max(row[2] for row in rows)
    return [
        (f"first view <= {MAX_BYTES:,} bytes", f"{heaviest:,}", heaviest <= MAX_BYTES),
        (f"queries <= {MAX_QUERIES}", str(most), most <= MAX_QUERIES),
    ]


def get_assets(url: str, html: str) -> dict[str, int]:
    """{address: bytes} of a page's styles and scripts, and of what the scripts import."""
    sizes: dict[str, int] = {}
    waiting = re.findall(r'<(?:link rel="stylesheet" href|script[^>]* src)="(/static/[^"]+)"', html)
    while waiting:
        path = waiting.pop()
        if path in sizes:
            continue
        body = get_body(url + path)
        sizes[path] = len(body)
        if path.endswith(".js"):
            text = get_body(url + path, encoding="").decode()
            folder = path.rsplit("/", 1)[0]
            for name in re.findall(r'from\s*"(\.{1,2}/[^"]+)"', text):
                waiting.append(str(Path("/" + str(Path(folder.lstrip("/")) / name)).resolve()))
    return sizes


def freshness(ours: Ours, direct: str, front: str) -> list[Goal]:
    """Seconds from the commit in another process until the web server, and nginx before it, show a change."""
    steps: list[tuple[str, str, Callable[[str], str], bytes, bool]] = [
        ("publishing", "/ndihme/", lambda word: ours.inside("publish", word), b"Ndihme ", True),
        ("a line switched off", "/ndihme/", lambda _word: ours.inside("line", "no"), b"tel:116111", False),
        ("a line switched on", "/ndihme/", lambda _word: ours.inside("line", "yes"), b"tel:116111", True),
    ]
    goals = []
    for number, (what, path, change, sign, is_there) in enumerate(steps):
        word = f"Ndihme {number}{int(time.time())}"
        wanted = word.encode() if what == "publishing" else sign
        seen: dict[str, float] = {}
        watchers = [
            threading.Thread(target=watch, args=(seen, name, url + path, wanted, is_there))
            for name, url in {"direct": direct, "nginx": front}.items()
        ]
        for watcher in watchers:
            watcher.start()
        committed = float(change(word))
        for watcher in watchers:
            watcher.join()
        late = max(seen.get(name, committed + 99) - committed for name in ("direct", "nginx"))
        goals.append((f"{what} seen within {SEEN_WITHIN_S:.0f} s", f"{late:.2f} s", late <= SEEN_WITHIN_S))
    return goals


def watch(seen: dict[str, float], name: str, url: str, sign: bytes, is_there: bool) -> None:
    until = time.monotonic() + 40
    while time.monotonic() < until:
        if (sign in get_body(url, encoding="")) is is_there:
            seen[name] = time.time()
            return
        time.sleep(0.02)


def many(ours: Ours, warm: str, cold: str, *, count: int) -> list[Goal]:
    """With so many published pages: a page, a search and a list of the API, each asked for one after the other."""
    begun = time.monotonic()
    ours.inside("pages", str(count))
    print(f"\n{count:,} more pages made in {time.monotonic() - begun:.0f} s\n")
    step = max(1, count // 100)
    search = re.search(
        r'action="(/[^"]*)"[^>]*role="search"|role="search"[^>]*action="(/[^"]*)"',
        get_body(f"{cold}/", encoding="").decode(),
    )
    at = (search[1] or search[2]) if search else "/kerko/"
    asked = {
        "a page, made anew": [f"/arkivi/teksti-{number}/" for number in range(0, count, step)],
        "its section, made anew": ["/arkivi/"] * 20,
        "search": [f"{at}?q={quote(words)}" for words in ("punën", "ndihmë", "teksti 77", "udhëtim", "xyz")] * 12,
        "API list": [f"/api/v2/pages/?limit=20&offset={number}" for number in range(0, count, step)],
    }
    rows, goals = [], []
    for what, paths in asked.items():
        times = timed(cold, paths)
        slow = percentile(times, 0.95)
        rows.append((what, len(times), f"{percentile(times, 0.5):.1f}", f"{slow:.1f}"))
        goals.append((f"{what}, p95 < {SLOWEST_MS:.0f} ms", f"{slow:.1f} ms", slow < SLOWEST_MS))
    print(table((f"with {count:,} pages, nothing kept", "asked", "median ms", "p95 ms"), rows))
    return goals


def timed(url: str, paths: list[str]) -> list[float]:
    """Milliseconds of each, over one connection. What is refused isn't fast: RuntimeError."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    times = []
    for path in paths[:1] + paths:
        begun = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
    return times[1:]
