"""Django's command line, as operators and units of systemd call it."""

import os
import subprocess
import sys

from config.catalogs import ROOT

SAYS = (
    "import gc; from django.conf import settings; "
    "print(gc.isenabled(), gc.get_freeze_count() > 100_000, settings.SETTINGS_MODULE)"
)


def test_a_command_has_the_collector_and_the_settings_it_was_given() -> None:
    """While it loads the collector is off: what is loaded stays, and looking through it took half of `check`."""
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "manage.py", "shell", "--settings=config.settings.test", "--no-imports", "-c", SAYS]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "True True config.settings.test"
