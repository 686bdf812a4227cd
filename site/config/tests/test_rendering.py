"""`migrate` is quicker than Django's own, and leaves the process as it was."""

import gc

import pytest
from django.apps import apps
from django.apps.registry import Apps
from django.core.management import call_command
from django.core.management.commands import migrate

from config.rendering import RARELY, render_quickly


def is_as_django_has_it() -> bool:
    return hasattr(Apps.get_swappable_settings_name, "__wrapped__") and gc.get_threshold() != RARELY


def test_the_setting_that_names_a_model_is_the_one_that_django_finds():
    labels = [model._meta.label for model in apps.get_models(include_auto_created=True)]
    found = [apps.get_swappable_settings_name(label) for label in labels]
    with render_quickly():
        kept = [apps.get_swappable_settings_name(label) for label in labels]
        other = Apps()  # as a migration renders models: it knows none by itself
        assert [other.get_swappable_settings_name(label) for label in labels] == found
    assert kept == found
    assert {name for name in found if name} >= {"AUTH_USER_MODEL"}


@pytest.mark.django_db
def test_a_migration_that_fails_leaves_nothing_changed(monkeypatch):
    seen = []

    def fail(*_args, **_named):
        seen.append((is_as_django_has_it(), gc.get_threshold()))
        raise RuntimeError

    monkeypatch.setattr(migrate.Command, "handle", fail)
    assert is_as_django_has_it()
    with pytest.raises(RuntimeError):
        call_command("migrate", verbosity=0)
    assert seen == [(False, RARELY)]
    assert is_as_django_has_it()
