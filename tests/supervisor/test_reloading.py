"""`make dev` as developers see it: what they save is served within moments, or why it can't be."""

import os
import time
import urllib.error
import urllib.request

import pytest

from .running_system import ROOT, RunningSystem, slowness, wait_until

pytestmark = pytest.mark.faults
SERVED_WITHIN = 3.0  # seconds: a view takes half of one, a template a fifth
SETTINGS = """
from config.settings.local import *
ROOT_URLCONF = "saved.urls"
TEMPLATES[0]["DIRS"].append({folder!r})
"""
URLS = """
from django.urls import path
from config.urls import *
from saved import views
urlpatterns = [path("healthz", views.saved, name="healthz"), *urlpatterns]
"""
VIEWS = """
from django.shortcuts import render
WORD = "{word}"
def saved(request):
    return render(request, "saved.html", {{"word": WORD}})
"""


@pytest.fixture
def system(tmp_path):
    """`make dev` with one view that is the test's own, at an address that is open to all."""
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "local.py").write_text(SETTINGS.format(folder=str(folder)))  # its name is the profile's
    (folder / "urls.py").write_text(URLS)
    (folder / "views.py").write_text(VIEWS.format(word="first"))
    (folder / "saved.html").write_text("{{ word }} as it was")
    more = {
        "DEBUG": "1",
        "PUBLIC_CACHE_SECONDS": "0",
        "PROCFILE": "Procfile.dev",
        "DJANGO_SETTINGS_MODULE": "saved.local",
        "PYTHONPATH": os.pathsep.join(map(str, (tmp_path, ROOT / "site", ROOT))),
    }
    running = RunningSystem(tmp_path / "data", tmp_path / "static", more=more).begin_migrated().start()
    try:
        yield running.wait_ready()
    finally:
        running.stop()


def wait_served(system: RunningSystem, expected: tuple[int, str]) -> float:
    """Ask until this is the answer; returns the seconds that took."""
    began = time.monotonic()

    def is_served() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{system.port}/healthz", timeout=60) as answer:
                found = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            found = error.code, error.read().decode()
        except OSError:  # the process that answered has been replaced meanwhile
            return False
        return found[0] == expected[0] and expected[1] in found[1]

    wait_until(is_served, seconds=30, what=f"{expected[1]!r}")
    return time.monotonic() - began


def test_what_was_saved_is_served_within_three_seconds_and_what_fails_says_why(system, tmp_path):
    views, page = tmp_path / "saved" / "views.py", tmp_path / "saved" / "saved.html"
    wait_served(system, (200, "first as it was"))
    processes = system.group(system.leader("web"))
    views.write_text(VIEWS.format(word="second"))
    took = wait_served(system, (200, "second as it was"))
    assert took < SERVED_WITHIN * slowness(), "a view"
    # most of what had been loaded stayed: the first of the waiting processes are the same ones
    assert len(system.group(system.leader("web")) & processes) > len(processes) / 2

    settings = tmp_path / "saved" / "local.py"
    views.write_text(VIEWS.format(word="third"))
    settings.write_text(f"{settings.read_text()}\nSAVED = True\n")
    wait_served(system, (200, "third as it was"))  # of settings nearly all is loaded again

    page.write_text("{{ word }} as it is now")
    took = wait_served(system, (200, "third as it is now"))
    assert took < SERVED_WITHIN * slowness(), "a template"

    views.write_text("def saved(request) return None")
    wait_served(system, (500, "SyntaxError"))
    views.write_text(VIEWS.format(word="mended"))
    took = wait_served(system, (200, "mended as it is now"))
    assert took < SERVED_WITHIN * slowness(), "after a failure"
