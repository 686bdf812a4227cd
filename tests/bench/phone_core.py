"""A phone that stores, in Chromium with a processor six times slower: typing, opening by the PIN, sending.

A keystroke to sealed: from handing all fields of a form to `drafts.save` until they are stored, sealed. The PIN: what
opening takes, nearly all of it Argon2id. The slowing is the browser's own (CDP); WebCrypto works in threads that it
doesn't slow.
"""

import gzip
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.chromium import launch
from tests.device.rig import ROOT, Service, serve

from .tables import percentile, table

SLOWER = 6
ROUNDS = 3
SEALED_WITHIN_MS = 16
PIN_MS = (250, 1000)  # about half a second
PIN = "274916"
TYPED = """async ([fields, times]) => {
  const id = await device.drafts.begin({ form: "bench", version: 1, title: "bench", language: "sq" });
  const content = Array.from({ length: fields }, (_, at) => [`section-question-${at}`, "x".repeat(at % 40)]);
  const found = [];
  for (let time = 0; time < times; time += 1) {
    content[time % fields][1] += "y";
    const began = performance.now();
    await device.drafts.save(id, { fields: content, section: "one" });
    found.push(performance.now() - began);
  }
  await device.drafts.remove(id);
  return found;
}"""
OPENED = """async (times) => {
  const found = [];
  for (let time = 0; time < times; time += 1) {
    await device.lock();
    const began = performance.now();
    await device.unlock("274916");
    found.push(performance.now() - began);
  }
  return found;
}"""


def run(*, quick: bool) -> bool:
    times = 20 if quick else 200
    with sync_playwright() as playwright, serve() as service:
        browser = launch(playwright.chromium)
        page = browser.new_page()
        try:
            return _measure(page, service, times)
        finally:
            browser.close()


def _measure(page: Page, service: Service, times: int) -> bool:
    page.goto(service.address)
    page.locator("html[data-ready]").wait_for(state="attached")
    page.evaluate("start()")
    page.evaluate("(given) => device.setUp(given)", {"pin": PIN, "registered": service.register()})
    tools = page.context.new_cdp_session(page)
    rows: list[list[Any]] = []
    is_met = True
    for slower in (1, SLOWER):
        tools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        for fields in (40, 250):
            rounds = [page.evaluate(TYPED, [fields, times]) for _round in range(ROUNDS)]
            took = min(rounds, key=lambda each: percentile(each, 0.5))  # what else runs here slows down the others
            middle, late = percentile(took, 0.5), percentile(took, 0.95)
            rows.append([f"keystroke to sealed, {fields} fields", f"x{slower}", f"{middle:.1f}", f"{late:.1f}"])
            is_met = is_met and middle <= SEALED_WITHIN_MS
        took = page.evaluate(OPENED, max(3, times // 20))
        middle = percentile(took, 0.5)
        rows.append(["PIN to open", f"x{slower}", f"{middle:.0f}", f"{percentile(took, 0.95):.0f}"])
        if slower == SLOWER:
            is_met = is_met and PIN_MS[0] <= middle <= PIN_MS[1]
    print(table(["what", "slower", "median ms", "95 % ms"], rows))
    print(f"core: {_core_size() / 1000:.1f} kB compressed, in {len(_modules())} modules")
    print(f"goals at x{SLOWER}: sealed within {SEALED_WITHIN_MS} ms (median), a PIN in {PIN_MS[0]} to {PIN_MS[1]} ms")
    return is_met


def _modules() -> list[Path]:
    return sorted((ROOT / "static/js/device/core").glob("*.js"))


def _core_size() -> int:
    return sum(len(gzip.compress(path.read_bytes())) for path in _modules())
