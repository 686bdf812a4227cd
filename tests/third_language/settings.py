"""The service with a third language, into which nothing is translated yet: what whoever adds one begins with."""

import os

# The rules of languages don't depend on the database, and on PostgreSQL the tests around these hold its only one.
os.environ.pop("DATABASE_URL", None)

from config.settings.test import *  # noqa: F403
from config.settings.test import LANGUAGES, WAGTAILADMIN_PERMITTED_LANGUAGES

LANGUAGES = [*LANGUAGES, ("it", "Italian")]
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAILADMIN_PERMITTED_LANGUAGES = [*WAGTAILADMIN_PERMITTED_LANGUAGES, ("it", "Italiano")]
