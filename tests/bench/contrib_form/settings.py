"""The service's settings with a form page of `wagtail.contrib.forms` beside it, on a database of its own."""

from config.settings.test import *  # noqa: F403
from config.settings.test import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "wagtail.contrib.forms", "tests.bench.contrib_form"]
SILENCED_SYSTEM_CHECKS = ["wagtailadmin.W003"]
