"""Compile the translations without system tools, and check that they are complete.

`python -m config.catalogs` compiles. `--check` also names every text of the code that a catalog lacks, and every entry
that has no translation or one with other placeholders; it needs gettext's xgettext.

`locale/` holds our own texts and is collected by `make messages`; `locale_cms/` holds our Albanian for the texts of the
tools that the admin is built on, written by hand (docs/adr/0018).
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[2]
SOURCE_LANGUAGE = "en"  # msgids are English
# Read from the catalogs: this runs without settings.
LANGUAGES = tuple(sorted(folder.name for folder in (ROOT / "locale").iterdir() if folder.is_dir()))
FOLDERS = ("locale", "locale_cms")
PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sd]|\{\w*\}")
SPOKEN = ("site", "content", "outreach_pages", "case_forms", "notifications", "templates")


def catalogs() -> list[Path]:
    """Return the paths of all source catalogs."""
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*/LC_MESSAGES/*.po"))]


def compile_catalogs() -> int:
    """Compile each catalog that is newer than its compiled form; returns how many."""
    done = 0
    for source in catalogs():
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            fresh = target.with_suffix(".mo.new")
            polib.pofile(str(source)).save_as_mofile(str(fresh))
            # Replaced in one step: a running service never reads half a catalog.
            fresh.replace(target)
            done += 1
    return done


def untranslated() -> list[str]:
    """List every entry of a language other than English that is untranslated or only guessed (`fuzzy`)."""
    return [
        f"{source.relative_to(ROOT)}:{entry.linenum}: {entry.msgid[:80]!r} has no translation"
        for source in catalogs()
        if source.parts[-3] != SOURCE_LANGUAGE
        for entry in polib.pofile(str(source))
        if not entry.obsolete and (entry.fuzzy or not entry.translated())
    ]


def misplaced() -> list[str]:
    """List every translation that lacks a placeholder of its text, or has one that its text hasn't."""
    return [
        f"{source.relative_to(ROOT)}:{entry.linenum}: {entry.msgid[:80]!r} has other placeholders than its translation"
        for source in catalogs()
        for entry in polib.pofile(str(source))
        if not entry.obsolete and entry.translated() and not _placeholders_agree(entry)
    ]


def _placeholders_agree(entry: polib.POEntry) -> bool:
    """Whether the placeholders match.

    One plural form may leave a number out ("one page"); none may have a placeholder that neither text has.
    """
    if not entry.msgid_plural:
        return _placeholders(entry.msgstr) == _placeholders(entry.msgid)
    known = _placeholders(entry.msgid) | _placeholders(entry.msgid_plural)
    forms = [_placeholders(text) for text in entry.msgstr_plural.values()]
    return all(form <= known for form in forms) and forms[-1] == _placeholders(entry.msgid_plural)


def _placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def uncollected(language: str, known: Collection[str], spoken: Collection[str]) -> list[str]:
    """List the texts of the code that this language's catalog doesn't know."""
    return [f"{text[:80]!r} is not in locale/{language} (make messages)" for text in sorted(set(spoken) - set(known))]


def spoken_texts() -> set[str]:
    """Collect every text that code and templates mark for translation, in a copy: the catalogs stay as they are."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in SPOKEN:
            shutil.copytree(
                ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "migrations", "tests")
            )
        (copy / "locale").mkdir()
        make = [
            sys.executable,
            "-m",
            "django",
            "makemessages",
            "-l",
            SOURCE_LANGUAGE,
            "--no-location",
            "--verbosity",
            "0",
        ]
        subprocess.run(make, cwd=copy, check=True)  # noqa: S603
        return _msgids(copy / "locale" / SOURCE_LANGUAGE / "LC_MESSAGES" / "django.po")


def known_texts(language: str) -> set[str]:
    """Return the texts of our own catalog of this language."""
    return _msgids(ROOT / "locale" / language / "LC_MESSAGES" / "django.po")


def _msgids(path: Path) -> set[str]:
    return {entry.msgid for entry in polib.pofile(str(path)) if not entry.obsolete}


def main() -> int:
    compile_catalogs()
    found = []
    if "--check" in sys.argv[1:]:
        found += [*untranslated(), *misplaced()]
        spoken = spoken_texts()
        for language in LANGUAGES:
            if language != SOURCE_LANGUAGE:
                found += uncollected(language, known_texts(language), spoken)
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
