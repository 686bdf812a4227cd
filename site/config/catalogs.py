"""The translations: compiling them without any tool of the system, and checking that they are complete.

`python -m config.catalogs` compiles; `--check` also names every text that has no translation, and fails.
"""

import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[2]
SOURCE_LANGUAGE = "en"  # msgids are English


def catalogs() -> list[Path]:
    return sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))


def compile_catalogs() -> int:
    """Compiles each catalog that is newer than its compiled form; returns how many."""
    done = 0
    for source in catalogs():
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            fresh = target.with_suffix(".mo.new")
            polib.pofile(str(source)).save_as_mofile(str(fresh))
            fresh.replace(target)
            done += 1
    return done


def problems() -> list[str]:
    """Every entry of another language than English that is untranslated or only guessed (`fuzzy`)."""
    found = []
    for source in catalogs():
        if source.parts[-3] == SOURCE_LANGUAGE:
            continue
        for entry in polib.pofile(str(source)):
            if not entry.obsolete and (entry.fuzzy or not entry.translated()):
                found.append(f"{source.relative_to(ROOT)}:{entry.linenum}: {entry.msgid[:80]!r} has no translation")
    return found


def main() -> int:
    compile_catalogs()
    found = problems() if "--check" in sys.argv[1:] else []
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
