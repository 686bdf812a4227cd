"""Settings of tests with a key ring that opens nothing."""

from config.settings.test import *  # noqa: F403

VAULT_KEYS = ["test1:b3RoZXItdmF1bHQta2V5LW9mLTMyLWJ5dGVzLXRlc3Q="]
