"""The local profile with short timeouts, and a channel that can be told to kill its process."""

import os

from config.settings.local import *  # noqa: F403
from config.settings.local import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.apps.FaultsConfig"]
NOTIFICATION_CHANNELS = {
    "email": "tests.chaos.channels.MortalEmailChannel",
    "sms": "notifications.channels.gateways.sms.SmsChannel",
    "push": "notifications.channels.push.PushChannel",
    "webhook": "notifications.channels.webhook.WebhookChannel",
}
# There are more notices for each phone than anybody would send: what is tried is that none is lost.
NOTICE_WAY_BURST = 1_000_000
EMAIL_TIMEOUT = 1
NOTICE_BATCH_SECONDS = 1
# Longer than any test waits: what a dead process held is taken up at once, or the test fails.
NOTICE_LEASE_SECONDS = int(os.environ.get("FAULT_LEASE_SECONDS", "300"))


class NoMigrations(dict):
    """The tables are made from the models: the faults are not about migrations, and those take half a minute."""

    def __contains__(self, app: object) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = NoMigrations()
