"""How soon an update of a kit is before readers: with 1,000 session pages that follow it, beside one page.

From publishing the kit's quiz until the page of the last session shows it, over HTTP inside this process. A page reads
its kit's words when it is read, so how many pages there are must not matter. Compared is the processor's time, which
others on the machine don't change.
"""

import os
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from .simulation import best
from .tables import table

ROOT = Path(__file__).resolve().parents[2]
MANY = 1000
GOAL = 1.5  # times the processor's time with one page
WITHIN = 1.0  # seconds


def run(*, quick: bool) -> bool:
    """Measures in a process with settings and a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.bench.contrib_form.settings",
            "DATA_DIR": folder,
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
            "PYTHONPATH": f"{ROOT / 'site'}{os.pathsep}{ROOT}",
        }
        given = ["5", "100"] if quick else ["15", str(MANY)]
        return subprocess.run([sys.executable, "-m", __name__, *given], env=environment, cwd=ROOT).returncode == 0


def measure(rounds: int, many: int) -> bool:
    """Prints the times, and says whether the goals were met."""
    from django.core.management import call_command
    from django.db import transaction
    from django.test import Client
    from wagtail.models import Locale, Page

    from access.models import Municipality, Region
    from outreach_pages.kits.models import KitPage, MaterialLibraryPage, MaterialPage
    from outreach_pages.kits.tests.kit_world import build_stream
    from outreach_pages.models import InformativeSession, OutreachIndexPage, SessionPage
    from outreach_pages.pages.actions import make_session_page
    from outreach_pages.tests import places
    from outreach_pages.tests.test_page_and_kit import build_quiz, build_words

    call_command("migrate", verbosity=0)
    call_command("seed_reference", verbosity=0)
    locale = Locale.objects.get(language_code="sq")
    KitPage.objects.update(live=False)
    library = Page.get_first_root_node().add_child(
        instance=MaterialLibraryPage(title="Bench", slug="bench", locale=locale)
    )
    quiz = MaterialPage(title="Kuizi", kind="quiz", audiences=["grade_9"], body=build_stream(build_quiz()))
    library.add_child(instance=quiz)
    parts = build_stream(("material", quiz.pk))
    kit = KitPage(title="Bench", audience="grade_9", minutes=45, parts=parts, body=build_words(), live=False)
    library.add_child(instance=kit)
    kit.save_revision().publish()
    region = Region.objects.filter(pk__in=Municipality.objects.values("region")).earliest("pk")
    unit = places.unit(region)
    worker = places.person("bench", unit=unit)

    def hold() -> InformativeSession:
        return places.session(worker, unit, audience="grade_9")

    def update() -> None:
        question = f"Pyetja {uuid.uuid4().hex}?"
        quiz.body = build_stream(build_quiz(question))  # type: ignore[assignment]  # the field reads JSON
        quiz.save_revision().publish()
        answer = client.get(f"/k/{last.card_code}/")
        assert question in answer.content.decode()

    client = Client(SERVER_NAME="localhost")
    last = hold()
    make_session_page(session=last, by=worker)
    one, one_worked = best(update, rounds)
    first = SessionPage.objects.get(session=last, locale=locale)
    index = OutreachIndexPage.objects.get(locale=locale)
    with transaction.atomic():
        for _number in range(many - 1):
            last = hold()
            index.add_child(
                instance=SessionPage(
                    session=last, locale=locale, title="-", slug=uuid.uuid4().hex,
                    kit_version=first.kit_version, body=first.body,
                )
            )  # fmt: skip
    all_of_them, all_worked = best(update, rounds)
    ratio = all_worked / one_worked
    rows = [
        ("1", f"{one * 1000:.0f} ms", f"{one_worked * 1000:.0f} ms", "1.00"),
        (f"{many:,}", f"{all_of_them * 1000:.0f} ms", f"{all_worked * 1000:.0f} ms", f"{ratio:.2f}"),
    ]
    print(
        table(("session pages that follow the kit", "until the last one shows it", "processor", "times one page"), rows)
    )
    print(f"goal: at most {GOAL} times the processor's time of one page, within {WITHIN:.0f} s")
    return ratio <= GOAL and all_of_them <= WITHIN


if __name__ == "__main__":
    import django

    django.setup()
    sys.exit(0 if measure(int(sys.argv[1]), int(sys.argv[2])) else 1)
