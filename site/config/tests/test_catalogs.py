"""The translations compile without tools of the system, and what is missing is named."""

import gettext
import json
import os
import re

import polib
import pytest
from django.utils.translation import gettext as translated
from django.utils.translation import ngettext, override
from django.views.i18n import JavaScriptCatalog

from .. import catalogs


@pytest.fixture
def language(tmp_path, monkeypatch):
    """language("sq", {msgid: translation}, fuzzy=(), within="locale"): writes a catalogue into an empty project."""
    monkeypatch.setattr(catalogs, "ROOT", tmp_path)

    def write(code: str, texts: dict[str, str], fuzzy: tuple[str, ...] = (), within: str = "locale"):
        folder = tmp_path / within / code / "LC_MESSAGES"
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
    assert catalogs.uncollected("sq", known, {"yes", "no"}) == ["'no' is not in locale/sq (make messages)"]


def test_the_catalogue_for_the_tools_words_is_compiled_and_checked_as_ours_is(language):
    language("sq", {"yes": "po"})
    language("sq", {"Publish": "", "Lock": "Kyç"}, fuzzy=("Lock",), within="locale_cms")
    assert catalogs.compile_catalogs() == 2
    assert len([line for line in catalogs.untranslated() if "locale_cms/sq" in line]) == 2


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("Page %(number)s of %(total)s", "Faqja %(number)s"),
        ("Page %(number)s of %(total)s", "Faqja %(number)s nga %(totali)s"),
        ("Published in {locale}", "U publikua në {gjuha}"),
        ("Choose a %s", "Zgjidhni"),
    ],
)
def test_a_translation_with_other_placeholders_than_its_text_is_named(language, text, translation):
    language("sq", {text: translation}, within="locale_cms")
    assert len(catalogs.misplaced()) == 1


def test_the_form_for_one_may_leave_its_number_out_and_the_form_for_many_may_not():
    entry = polib.POEntry(msgid="1 page", msgid_plural="%(n)s pages", msgstr_plural={0: "një faqe", 1: "%(n)s faqe"})
    assert catalogs._placeholders_agree(entry)
    entry.msgstr_plural[1] = "disa faqe"
    assert not catalogs._placeholders_agree(entry)


def test_no_text_of_ours_is_empty_or_guessed_or_lost_a_placeholder():
    assert any("locale_cms" in str(path) for path in catalogs.catalogs())
    assert [*catalogs.untranslated(), *catalogs.misplaced()] == []


def test_the_desk_speaks_albanian_and_our_own_words_come_first():
    catalogs.compile_catalogs()
    with override("sq"):
        assert translated("Save draft") == "Ruani draftin"
        assert ngettext("%(count)s image", "%(count)s images", 2) == "%(count)s figura"
        assert translated("Preview") == "Pamja paraprake"
    with override("en"):
        assert translated("Save draft") == "Save draft"


def test_what_the_desks_scripts_say_is_albanian_too(rf):
    catalogs.compile_catalogs()
    with override("sq"):
        said = JavaScriptCatalog.as_view(packages=["wagtail.admin"])(rf.get("/"))
    assert json.dumps("Ndryshimet u ruajtën vetvetiu.") in said.content.decode()


def read_our_code() -> dict[str, str]:
    """{path: its text} of the code of all rooms, without tests."""
    rooms = ("site", "content", "outreach_pages", "case_forms", "notifications")
    files = (file.relative_to(catalogs.ROOT) for room in rooms for file in (catalogs.ROOT / room).rglob("*.py"))
    ours = (file for file in files if "tests" not in file.parts)
    return {str(file): (catalogs.ROOT / file).read_text(encoding="utf-8") for file in ours}


def test_no_text_is_marked_by_a_name_that_the_collecting_does_not_know() -> None:
    alias = re.compile(r"import [^#\n]*\b(?:n|p|np)?gettext(?:_lazy)? as (?!_\b)\w+")
    assert [path for path, text in read_our_code().items() if alias.search(text)] == []


def test_no_empty_text_is_marked_as_its_translation_is_the_head_of_the_catalogue() -> None:
    empty = re.compile(r"""\b(?:_|gettext(?:_lazy|_noop)?)\(\s*(?:""|'')\s*,?\s*\)""")
    assert [path for path, text in read_our_code().items() if empty.search(text)] == []
