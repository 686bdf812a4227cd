"""The local profile with short leases and timeouts, and a channel that can be told to kill its process."""

from config.settings.local import *  # noqa: F403
from config.settings.local import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.apps.FaultsConfig"]
NOTIFICATION_CHANNELS = {"email": "tests.chaos.channels.MortalEmailChannel"}
EMAIL_TIMEOUT = 1
NOTICE_BATCH_SECONDS = 1
NOTICE_LEASE_SECONDS = 3


class NoMigrations(dict):
    """The tables are made from the models: the faults are not about migrations, and those take half a minute."""

    def __contains__(self, app: object) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = NoMigrations()
