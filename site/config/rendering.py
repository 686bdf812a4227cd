"""What `migrate` does again and again for the models that a migration renders, done once (docs/adr/0237).

On an empty database Django renders some 78,000 models, one for each that is tied to one that an operation changes. The
schema and the order of operations are the migrations' own.
"""

import contextlib
import functools
import gc
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.apps.registry import Apps

# While migrating the garbage collector looks at what came since half a million objects ago, not since fifty thousand.
RARELY = (500_000, 10, 1000)
_registry: Any = Apps


@contextlib.contextmanager
def render_quickly() -> Iterator[None]:
    """Let this process render the models of migrations in two thirds of the time."""
    with _swappable_names_kept(), _garbage_collected_rarely():
        yield


@contextlib.contextmanager
def _swappable_names_kept() -> Iterator[None]:
    """Keep what Django forgets with each model that a migration renders, and then looks up among all models.

    Which setting names a model that can be swapped (AUTH_USER_MODEL) doesn't change while a process lives. An eighth of
    migrating was to look it up.
    """
    look_up = _registry.get_swappable_settings_name

    @functools.cache
    def known(label: str) -> str | None:
        return look_up.__wrapped__(apps, label)

    def kept(_registry: Apps, label: str) -> str | None:
        return known(label)

    kept.cache_clear = lambda: None  # type: ignore[attr-defined]
    _registry.get_swappable_settings_name = kept
    try:
        yield
    finally:
        _registry.get_swappable_settings_name = look_up


@contextlib.contextmanager
def _garbage_collected_rarely() -> Iterator[None]:
    """Models that a migration renders are garbage soon, by the million: walking them each time takes long."""
    before = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.collect()
