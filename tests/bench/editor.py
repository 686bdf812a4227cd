"""The editor of a form with 50 and 250 questions in Chromium: how soon it is open, and saved after one change.

Beside it, in the same run, a plain nested StreamField with the same content (stream_form/). Open: from asking for the
page until every question is there and drawn. Save: from the button until the saved page is open again. Both are served
by one server in this process, scripts and styles included.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .tables import table

ROOT = Path(__file__).resolve().parents[2]
SIZES = (50, 250)
OPEN_WITHIN, SAVED_WITHIN = 2.5, 2.0
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"


def run(*, quick: bool) -> bool:
    """Measures in a process with settings and a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.bench.stream_form.settings",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
            "DATA_DIR": folder,
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
            "PYTHONPATH": f"{ROOT / 'site'}{os.pathsep}{ROOT}",
        }
        rounds = "1" if quick else "3"
        return subprocess.run([sys.executable, "-m", __name__, rounds], env=environment, cwd=ROOT).returncode == 0


@dataclass
class Side:
    """One editor: where it is, how to see that it is ready, where a label is typed."""

    name: str
    path: str
    ready: str  # JavaScript, with the number of questions as its argument
    label: str
    opener: str = ""
    opened: list[float] = field(default_factory=list)
    saved: list[float] = field(default_factory=list)
    inputs: int = 0
    autosave: int = 0

    def cells(self) -> tuple[str, str]:
        return f"{statistics.median(self.opened):.2f}", f"{statistics.median(self.saved):.2f}"


def definition(size: int) -> dict[str, Any]:
    """The bench's form, cut to this many questions, in sections of 25."""
    from .questions import form

    whole = form(sections=10)
    items = [item for section in whole["sections"] for item in section["items"]][:size]
    parts = [items[start : start + 25] for start in range(0, size, 25)]
    sections = [
        {"key": f"s{number}", "title": {"sq": f"Pjesa {number}", "en": f"Part {number}"}, "items": part}
        for number, part in enumerate(parts)
    ]
    return whole | {"key": f"bench_{size}", "sections": sections}


def as_stream(form: dict[str, Any]) -> list[dict[str, Any]]:
    """The same content as the blocks of a StreamField."""

    def text(value: Any) -> str:
        return "" if value is None else json.dumps(value)

    def question(item: dict[str, Any]) -> dict[str, Any]:
        plain = {name: item[name] for name in ("key", "type", "label", "hint", "sensitivity")}
        constraint = item.get("constraint", {})
        return plain | {
            "required": text(item.get("required")),
            "relevant": text(item.get("relevant")),
            "constraint": text(constraint.get("expr")),
            "message": constraint.get("message", {}),
            "choices": item.get("choices", []),
            "shared_with": list(item.get("shared_with", {})),
        }

    return [
        {
            "type": "section",
            "value": {
                "key": section["key"],
                "title": section["title"],
                "items": [{"type": "question", "value": question(item)} for item in section["items"]],
            },
        }
        for section in form["sections"]
    ]


def prepare() -> tuple[list[tuple[int, Side, Side]], Any]:
    """A database with both forms of each size, and the coordinator who edits them."""
    from django.core.management import call_command

    from access.models import User
    from case_forms.form_builder.actions import save_definition
    from case_forms.submissions.seeding.demo import seed_demo
    from case_forms.submissions.seeding.reference import seed_reference

    from .stream_form.models import StreamForm

    call_command("migrate", verbosity=0, run_syncdb=True)
    seed_reference()
    seed_demo(with_cases=False)
    user = User.objects.get(username="koordinator")
    user.is_superuser, user.language = True, "en"
    user.save()
    pairs = []
    for size in SIZES:
        content = definition(size)
        ours = save_definition(key=content["key"], definition=content)
        stream = StreamForm(title=content["key"], sections=as_stream(content), live=False)
        stream.save()
        stream.save_revision(user=user)
        pairs.append((size, _ours(ours.pk), _stream(stream.pk)))
    return pairs, user


def _ours(pk: int) -> Side:
    return Side(
        name="ours",
        path=f"/cms/forms/edit/{pk}/",
        ready="(size) => document.querySelectorAll('.vo-line__open').length === size",
        opener=".vo-line__open",
        label='.vo-panel [data-at="/label/sq"] input',
    )


def _stream(pk: int) -> Side:
    return Side(
        name="StreamField",
        path=f"/cms/snippets/stream_form/streamform/edit/{pk}/",
        # labels of questions, and those of their choices
        ready="""(size) => {
            const labels = [...document.querySelectorAll('input[name$="-label-sq"]')];
            return labels.filter((label) => !label.name.includes("-choices-")).length === size;
        }""",
        label='input[name="sections-0-value-items-0-value-label-sq"]',
    )


@contextmanager
def served() -> Iterator[str]:
    """The address of the service with its static files, on loopback."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.db import connections
    from django.test.testcases import LiveServerThread

    class Server(LiveServerThread):
        static_handler = StaticFilesHandler

    thread = Server("127.0.0.1", StaticFilesHandler, connections_override={}, port=0)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    try:
        yield f"http://127.0.0.1:{thread.port}"
    finally:
        thread.terminate()
        connections.close_all()


def cookie(user: Any) -> dict[str, str]:
    """A session of this user's."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}


def opened(page: Any, address: str, side: Side, size: int) -> float:
    begun = time.perf_counter()
    page.goto(address + side.path)
    page.wait_for_function(side.ready, arg=size)
    page.evaluate(DRAWN)
    return time.perf_counter() - begun


def typed(page: Any, side: Side, words: str) -> None:
    if side.opener:
        page.locator(side.opener).first.click()
    page.locator(side.label).first.fill(words)


def saved(page: Any, side: Side, size: int) -> float:
    """Seconds from the button until the page is open again."""
    page.evaluate("() => { window.isOld = true; }")
    begun = time.perf_counter()
    page.locator('footer button:has-text("Save draft")').first.click()
    page.wait_for_function("() => !window.isOld && document.readyState === 'complete'", timeout=60_000)
    page.wait_for_function(side.ready, arg=size)
    page.evaluate(DRAWN)
    return time.perf_counter() - begun


def autosaved(page: Any, side: Side) -> int:
    """The bytes of what goes out when Wagtail saves by itself after one label has changed."""
    page.wait_for_timeout(2500)  # by then Wagtail has its picture of the unchanged form
    with page.expect_request(lambda request: request.method == "POST" and side.path in request.url) as sent:
        typed(page, side, "Ruhet vetë")
    page.wait_for_timeout(1500)
    return len(sent.value.post_data_buffer or b"")


def measure(rounds: int) -> bool:
    """Prints the medians, and says whether the goals were met."""
    import django

    django.setup()
    from playwright.sync_api import sync_playwright

    from tests.chromium import launch

    pairs, user = prepare()
    with served() as address, sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
        context.add_cookies([{**cookie(user), "url": address}])  # type: ignore[typeddict-item]
        page = context.new_page()
        page.on("dialog", lambda asked: asked.accept())
        for size, *sides in pairs:
            for number in range(rounds + 1):  # one to warm up
                for side in sides:
                    times = opened(page, address, side, size)
                    typed(page, side, f"Ndryshim {number}")
                    after = saved(page, side, size)
                    if number:
                        side.opened.append(times)
                        side.saved.append(after)
            for side in sides:
                opened(page, address, side, size)
                side.inputs = page.evaluate(
                    "() => document.querySelectorAll('main :is(input, select, textarea)').length"
                )
                side.autosave = autosaved(page, side)
        page.goto("about:blank")
        browser.close()
    return tell(pairs)


def tell(pairs: list[tuple[int, Side, Side]]) -> bool:
    rows = [(size, side.name, *side.cells(), side.inputs, side.autosave) for size, *sides in pairs for side in sides]
    print("\nThe editor in Chromium, medians, seconds\n")
    print(table(("questions", "editor", "open", "save", "inputs", "autosave bytes"), rows))
    print()
    for size, ours, stream in pairs:
        open_ratio, save_ratio = (
            statistics.median(getattr(ours, name)) / statistics.median(getattr(stream, name))
            for name in ("opened", "saved")
        )
        print(f"{size} questions, ours / StreamField: open {open_ratio:.2f}, save {save_ratio:.2f}")
    largest = pairs[-1][1]
    open_time, save_time = statistics.median(largest.opened), statistics.median(largest.saved)
    grown = largest.autosave / pairs[0][1].autosave
    print(f"open at {SIZES[-1]}: {open_time:.2f} s (goal < {OPEN_WITHIN})")
    print(f"save at {SIZES[-1]}: {save_time:.2f} s (goal < {SAVED_WITHIN:.0f})")
    print(f"autosave of one changed label, {SIZES[-1]} / {SIZES[0]} questions: {grown:.2f} times (goal < 1.1)")
    return open_time < OPEN_WITHIN and save_time < SAVED_WITHIN and grown < 1.1


if __name__ == "__main__":
    sys.exit(0 if measure(int(sys.argv[1])) else 1)
