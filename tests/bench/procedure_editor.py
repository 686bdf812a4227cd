"""The editor of a procedure with 100 rules in Chromium: how soon it is open, and a rule's fields after a press.

Beside it, in the same run, the editor of a form with 100 questions: the ratio says what a slow machine adds. Both are
served by one server in this process, scripts and styles included.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from .editor import DRAWN, ROOT, _ours, cookie, definition, opened, served
from .procedures import SHIPPED
from .tables import table

RULES = 100
OPEN_WITHIN, FIELDS_WITHIN = 2.0, 1.0


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
        rounds = "1" if quick else "5"
        return subprocess.run([sys.executable, "-m", __name__, rounds], env=environment, cwd=ROOT).returncode == 0


def with_more_rules(procedure: dict[str, Any]) -> dict[str, Any]:
    """The shipped procedure with this many rules: the first ones again, under keys of their own."""
    rules = list(procedure["rules"])
    for number in range(RULES - len(rules)):
        rules.append({**rules[number], "key": f"{rules[number]['key']}_again"})
    return {**procedure, "rules": rules}


def prepare() -> tuple[str, Any, Any]:
    """A database with both; (the procedure's address, the form's editor, the coordinator who edits them)."""
    from django.core.management import call_command

    from access.models import User
    from case_forms.form_builder.actions import save_definition
    from case_forms.procedures.actions import save_procedure
    from case_forms.submissions.seeding.demo import seed_demo
    from case_forms.submissions.seeding.reference import seed_reference

    call_command("migrate", verbosity=0, run_syncdb=True)
    seed_reference()
    seed_demo(with_cases=False)
    user = User.objects.get(username="koordinator")
    user.language = "en"
    user.save()
    shipped = json.loads(SHIPPED.read_text(encoding="utf-8"))
    procedure = save_procedure(key=shipped["key"], definition=with_more_rules(shipped))
    content = definition(RULES)
    form = save_definition(key=content["key"], definition=content)
    return f"/cms/procedures/edit/{procedure.pk}/", _ours(form.pk), user


def open_procedure(page: Any, address: str) -> float:
    """Seconds from asking for the page until each rule stands there and can be changed."""
    begun = time.perf_counter()
    page.goto(address)
    ready = "(count) => document.querySelectorAll('#rules .proc-part__change').length === count"
    page.wait_for_function(ready, arg=RULES)
    page.evaluate(DRAWN)
    return time.perf_counter() - begun


def open_fields(page: Any) -> float:
    """Seconds from pressing until the fields of a rule are there, the forms' questions fetched."""
    begun = time.perf_counter()
    page.locator("#rules .proc-part__change").nth(3).click()
    page.wait_for_function("() => document.querySelector('.proc-part.is-open .vo-condition') !== null")
    page.evaluate(DRAWN)
    return time.perf_counter() - begun


def measure(rounds: int) -> bool:
    """Prints the medians, and says whether the goals were met."""
    import django

    django.setup()
    from playwright.sync_api import sync_playwright

    from tests.chromium import launch

    path, form, user = prepare()
    times: dict[str, list[float]] = {"procedure": [], "fields": [], "form": []}
    with served() as address, sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
        context.add_cookies([{**cookie(user), "url": address}])  # type: ignore[typeddict-item]
        page = context.new_page()
        page.on("dialog", lambda asked: asked.accept())
        for number in range(rounds + 1):  # one to warm up
            taken = (open_procedure(page, address + path), open_fields(page), opened(page, address, form, RULES))
            for name, seconds in zip(times, taken, strict=True):
                times[name] += [seconds] if number else []
        page.goto("about:blank")
        browser.close()
    middle = {name: statistics.median(seconds) for name, seconds in times.items()}
    rows = [(name, f"{seconds:.2f}") for name, seconds in middle.items()]
    print(f"\nEditors in Chromium, medians, seconds: {RULES} rules beside {RULES} questions\n")
    print(table(("open", "seconds"), rows))
    print(f"\nopen, procedure / form: {middle['procedure'] / middle['form']:.2f}")
    print(f"open: {middle['procedure']:.2f} s (goal < {OPEN_WITHIN:.0f})")
    print(f"a rule's fields: {middle['fields']:.2f} s (goal < {FIELDS_WITHIN:.0f})")
    return middle["procedure"] < OPEN_WITHIN and middle["fields"] < FIELDS_WITHIN


if __name__ == "__main__":
    sys.exit(0 if measure(int(sys.argv[1])) else 1)
