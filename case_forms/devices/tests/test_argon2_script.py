"""The page of a phone that stores names Argon2id where npm brought it, and nothing where not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders

from ..app.argon2_script import ARGON2, get_argon2_url


@pytest.fixture
def packages(tmp_path: Path, settings: Any) -> Iterator[Path]:
    settings.STATICFILES_DIRS = [tmp_path]
    finders.get_finder.cache_clear()
    yield tmp_path
    finders.get_finder.cache_clear()


def test_without_npm_there_is_none(packages: Path) -> None:
    assert get_argon2_url() == ""


def test_where_npm_brought_it_the_page_gets_its_address(packages: Path) -> None:
    (packages / "hash-wasm").mkdir()
    (packages / ARGON2).write_text("")
    assert get_argon2_url().endswith("argon2.umd.min.js")


def test_only_the_phones_page_may_run_webassembly() -> None:
    wasm = "'wasm-unsafe-eval'"
    assert wasm in django_settings.PHONE_CONTENT_SECURITY_POLICY["script-src"]
    assert "'unsafe-eval'" not in django_settings.PHONE_CONTENT_SECURITY_POLICY["script-src"]
    assert wasm not in django_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["script-src"]
    assert wasm not in django_settings.PUBLIC_CONTENT_SECURITY_POLICY["script-src"]
