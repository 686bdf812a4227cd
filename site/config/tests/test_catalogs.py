"""The translations compile without tools of the system, and what is missing is named."""

import gettext
import os

import polib
import pytest

from config import catalogs


@pytest.fixture
def language(tmp_path, monkeypatch):
    """language("sq", {msgid: translation}, fuzzy=()): writes one catalogue into an empty project."""
    monkeypatch.setattr(catalogs, "ROOT", tmp_path)

    def write(code: str, texts: dict[str, str], fuzzy: tuple[str, ...] = ()):
        folder = tmp_path / "locale" / code / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        made = polib.POFile()
        made.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
        for text, translation in texts.items():
            made.append(polib.POEntry(msgid=text, msgstr=translation, flags=["fuzzy"] if text in fuzzy else []))
        made.save(str(folder / "django.po"))
        return folder / "django.po"

    return write


def test_a_catalogue_is_compiled_once_and_again_when_it_changes(language):
    source = language("sq", {"yes": "po"})
    assert catalogs.compile_catalogs() == 1
    assert catalogs.compile_catalogs() == 0
    with source.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("yes") == "po"
    os.utime(source, (source.stat().st_atime + 9, source.stat().st_mtime + 9))
    assert catalogs.compile_catalogs() == 1


def test_texts_without_a_translation_or_with_a_guessed_one_are_named(language):
    language("sq", {"yes": "po", "no": "", "maybe": "ndoshta"}, fuzzy=("maybe",))
    language("en", {"yes": "", "no": ""})
    found = catalogs.untranslated()
    assert len(found) == 2
    assert all("locale/sq" in line for line in found)
    assert any("'no'" in line for line in found)


def test_texts_that_the_code_has_and_the_catalogue_has_not_are_named():
    known = {"yes"}
    assert catalogs.uncollected(known, {"yes", "no"}) == ["'no' is not in locale/sq (make messages)"]
