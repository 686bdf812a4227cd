"""The phone's core in Chromium: what is typed is sealed at once, outlasts a killed browser, and lies nowhere in clear.

Its profile is searched as it lies on the disk, and its memory after the phone was locked.
"""

import base64
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType, Page, sync_playwright

from tests.chromium import LIGHT, PATIENCE_MS

from .rig import Service, serve

pytestmark = pytest.mark.browser

PIN = "274916"
MARK = "Kanarina"
CONTROL = "Kontrolli"
# The word is put together in the page: as an argument it would lie in the memory of the tools.
WORD = """(number) => ["Kan", "arina-", String(number), "-fundi"].join("")"""
TYPE = f"""async (count) => {{
  const word = {WORD};
  const id = await device.drafts.begin({{ form: "visit", version: 1, title: word("title"), language: "sq" }});
  const file = await device.files.put(id, word("name"), new Blob([word("bytes").repeat(40000)]));
  for (let number = 0; number <= count; number += 1) {{
    const fields = [["answer", word(number)], ["photo", file], ["other", word("more").repeat(20)]];
    await device.drafts.save(id, {{ fields, section: "one" }});
  }}
  return id;
}}"""
CONTROL_TEXT = """() => new Promise((done) => {
  const request = indexedDB.open("control", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("words");
  request.onsuccess = () => {
    const transaction = request.result.transaction("words", "readwrite", { durability: "strict" });
    transaction.objectStore("words").put(["Kontr", "olli-fundi"].join(""), 1);
    transaction.oncomplete = () => done(true);
  };
})"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[BrowserType]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        yield playwright.chromium
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def service() -> Iterator[Service]:
    with serve() as service:
        yield service


@contextmanager
def open_page(chromium: BrowserType, service: Service, profile: Path) -> Iterator[Page]:
    """A page of a browser with this profile. It may be killed inside."""
    context = chromium.launch_persistent_context(str(profile), executable_path=LIGHT, args=["--no-sandbox"])
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(service.address)
    page.locator("html[data-ready]").wait_for(state="attached")
    try:
        yield page
    finally:
        context.close()


def kill(page: Page) -> None:
    """End the browser at once, as a phone does that has no memory left."""
    tools = page.context.new_cdp_session(page)
    browser = page.context.browser
    tools = browser.new_browser_cdp_session() if browser else tools
    processes = tools.send("SystemInfo.getProcessInfo")["processInfo"]
    (pid,) = [process["id"] for process in processes if process["type"] == "browser"]
    with page.context.expect_event("close", timeout=PATIENCE_MS):
        os.kill(pid, signal.SIGKILL)


def forms_of(word: str) -> list[bytes]:
    """A word as it is, in UTF-16, and in base64 at each of three offsets."""
    plain = word.encode()
    coded = [base64.b64encode(b"\0" * before + plain)[4 if before else 0 : -4] for before in range(3)]
    return [plain, word.encode("utf-16-le"), *coded]


def where(profile: Path, word: str) -> set[str]:
    """Names of the profile's files that hold the word in any form."""
    forms = forms_of(word)
    found = set()
    for path in profile.rglob("*"):
        if path.is_file() and not path.is_symlink() and any(form in path.read_bytes() for form in forms):
            found.add(path.name)
    return found


def memory_of(page: Page) -> str:
    """What lies in the page's memory, as the browser's own tools write it down."""
    tools = page.context.new_cdp_session(page)
    pieces: list[str] = []
    tools.on("HeapProfiler.addHeapSnapshotChunk", lambda event: pieces.append(event["chunk"]))
    tools.send("HeapProfiler.enable")
    for _again in range(3):
        tools.send("HeapProfiler.collectGarbage")
    tools.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    return "".join(pieces)


def test_what_is_typed_outlasts_a_killed_browser_and_lies_nowhere_in_clear(
    chromium: BrowserType, service: Service, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    with open_page(chromium, service, profile) as page:
        assert page.evaluate("window.hasArgon2")
        assert page.evaluate("start()") == "none"
        page.evaluate("(given) => device.setUp(given)", {"pin": PIN, "registered": service.register()})
        draft = page.evaluate(TYPE, 30)
        page.evaluate(CONTROL_TEXT)
        kill(page)
    assert where(profile, CONTROL), "a word in clear is not found: the search is worth nothing"
    assert where(profile, MARK) == set()

    with open_page(chromium, service, profile) as page:
        assert page.evaluate("start()") == "locked"
        assert page.evaluate("device.unlock('000001')") == "wrong"
        assert page.evaluate(f"device.unlock('{PIN}')") == "open"
        assert page.evaluate("device.meta.kdf") == "argon2id"
        assert page.evaluate(f"async (id) => (await device.drafts.load(id)).fields[0][1] === ({WORD})(30)", draft)
        assert page.evaluate("(id) => device.drafts.finish(id, { urgent: true })", draft) == draft
        assert page.evaluate("async () => (await device.queue.send()).sent") == 1
        page.evaluate("device.lock()")
    assert where(profile, MARK) == set()

    (sent,) = service.received.values()
    answers: dict[str, Any] = dict(sent["fields"])
    assert answers["answer"] == f"{MARK}-30-fundi"
    assert service.files[answers["photo"]] == f"{MARK}-bytes-fundi".encode() * 40000


def test_a_page_of_a_locked_phone_holds_nothing_in_memory(
    chromium: BrowserType, service: Service, tmp_path: Path
) -> None:
    with open_page(chromium, service, tmp_path / "profile") as page:
        page.evaluate("start()")
        page.evaluate("(given) => device.setUp(given)", {"pin": PIN, "registered": service.register()})
        draft = page.evaluate(TYPE, 5)
        page.evaluate("async (id) => { window.held = await device.drafts.load(id); }", draft)
        assert f"{MARK}-5-fundi" in memory_of(page)
        page.evaluate("async () => { window.held = null; await device.lock(); }")
        assert f"{MARK}-5-fundi" not in memory_of(page)
