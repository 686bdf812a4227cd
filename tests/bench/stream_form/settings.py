"""The service's settings with a StreamField form beside it, on a database of its own."""

from config.settings.test import *  # noqa: F403
from config.settings.test import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.bench.stream_form"]
# 250 questions of a StreamField are more fields than the service lets anybody send
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 8_388_608
