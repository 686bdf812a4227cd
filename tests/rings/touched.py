"""Which test files a change touches: `python -m tests.rings.touched [--since COMMIT]` lists them with a reason each.

A test file is touched when it was changed itself, when it used a changed file as it was last recorded (used.py), or
when it imports one, however far away. The imports are left out where the record is enough: where a change stays inside
functions (bodies.py), and nothing that the test used has changed between the record and this change. Where nobody can
say, of a test file that was never recorded, its whole room counts. What everything stands on touches everything.
"""

import argparse
import fnmatch
import functools
import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import grimp

from tests.marked_files import ROOMS

from .bodies import stays_inside_functions
from .used import read_used

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "config",
    "access",
    "audit",
    "vault",
    "sanitizer",
    "content",
    "outreach_pages",
    "case_forms",
    "notifications",
    "tests",
)
HOURS_OF_A_CHANGE = 6
# What every test stands on: libraries, settings, how tests are run, the tables.
EVERYTHING = (
    "requirements*.txt",
    "package-lock.json",
    "pyproject.toml",
    "manage.py",
    "conftest.py",
    "site/config/settings/*",
    "*/migrations/*.py",
    "deploy/packages.sh",
    "deploy/venv.sh",
    *(f"tests/{name}.py" for name in ("as_postgresql", "examples", "leg", "queues", "rows", "template_database")),
    "tests/rings/forking.py",
)
# What no dear test can notice: words for people who build it, and what `make test` itself runs.
NOTHING = ("docs/adr/*", "CHANGELOG.md", "tests/bench/*", "tests/rings/*.json*", "tests/upgrade/data/*")
CATALOGUES = ("locale/*", "locale_cms/*")
USERS_OF_CATALOGUES = ("tests/third_language", "tests/test_lists_say_what_is_missing.py")
# Of what runs in processes of its own nothing is recorded: which work these tests watch.
PROCESSES = {
    "tests/chaos/": ("notifications/*", "case_forms/submissions/*", "site/config/*", "site/audit/*", "site/vault/*"),
    "tests/supervisor/": ("site/config/*", "deploy/*", "Procfile*"),
    "tests/public/": ("content/*", "outreach_pages/*", "case_forms/tip*", "templates/*", "static/*"),
    "tests/upgrade/": ("site/config/management/*", "site/audit/*", "site/vault/*"),
    "site/config/to_postgres/tests/": ("site/config/*",),
}


def find_base() -> str:
    """The newest commit that had landed before this change was begun.

    SINCE names it. Otherwise it is where this branch left origin/main; on main itself, where nothing tells, the newest
    commit that is six hours older than the last one, which may be older than needed.
    """
    if since := os.environ.get("SINCE"):
        return git("rev-parse", f"{since}^{{commit}}")[0]
    head = git("rev-parse", "HEAD")[0]
    if is_known("origin/main") and (base := git("merge-base", "origin/main", "HEAD")[0]) != head:
        return base
    last = int(git("log", "-1", "--format=%ct")[0])
    before = git("rev-list", "-1", f"--before={last - HOURS_OF_A_CHANGE * 3600}", "HEAD")
    return before[0] if before else git("rev-list", "--max-parents=0", "HEAD")[-1]


def changed_files(since: str) -> list[str]:
    """Paths of all that differs from this commit, in commits or uncommitted; deleted and renamed ones too."""
    found = {*git("diff", "--name-only", "--no-renames", since), *git("ls-files", "--others", "--exclude-standard")}
    return sorted(found)


def find_touched(since: str) -> dict[str, str]:
    """The test files that what has changed since a commit touches, each with the first reason that was found."""
    touched: dict[str, str] = {}
    stale, there = find_stale(since), set(find_test_files())  # the record may name files that have moved since
    for path in changed_files(since):
        is_enough = path.endswith(".py") and stays_inside_functions(read_at(since, path), read_now(path))
        for test, why in find_touched_by(path, stale if is_enough else None):
            if test in there:
                touched.setdefault(test, why)
    return touched


def find_stale(since: str) -> set[str]:
    """Test files that may use other files now than when they were recorded."""
    commit = read_used().commit
    if not commit or not is_known(f"{commit}^{{commit}}"):
        return set(find_test_files())
    between = git("diff", "--name-only", "--no-renames", commit, since)
    return {test for path in between for test in read_used().by(path)}


def find_touched_by(path: str, stale: set[str] | None = None) -> Iterator[tuple[str, str]]:
    """`stale`: where the change stays inside functions, the tests whose imports count all the same."""
    if matches(path, EVERYTHING):
        yield from ((test, f"everything stands on {path}") for test in find_test_files())
        return
    if matches(path, NOTHING):
        return
    if path in find_test_files():
        yield path, "changed itself"
    if matches(path, CATALOGUES):
        yield from ((test, "reads catalogues") for test in find_test_files() if test.startswith(USERS_OF_CATALOGUES))
        return
    for folder, watched in PROCESSES.items():
        if matches(path, watched) and "/tests/" not in path:
            yield from ((test, f"watches {path}") for test in find_below(folder.rstrip("/")))
    recorded = read_used().by(path)
    yield from ((test, f"used {path}") for test in sorted(recorded))
    if path.endswith(".py"):
        importing = find_importing(path)
        yield from ((test, f"imports {path}") for test in sorted(importing if stale is None else importing & stale))
    if Path(path).name == "conftest.py":
        yield from ((test, f"stands beside {path}") for test in find_below(str(Path(path).parent)))
    room = find_room(path)
    if not room:
        return
    never_recorded = {test for test in find_below(room) if test not in read_used().tests}
    yield from ((test, f"was never recorded, as {path} changed") for test in sorted(never_recorded))
    if not recorded and not path.endswith(".md"):
        nearest = find_nearest_tests(path)
        yield from ((test, f"stands next to {path}") for test in find_below(nearest) if nearest)


def find_importing(path: str) -> set[str]:
    """Test files that import this module, directly or by way of others."""
    graph = import_graph()
    module = name_of(path)
    if module not in graph.modules:
        return set()
    importing = {module, *graph.find_downstream_modules(module)}
    return {test for test in find_test_files() if name_of(test) in importing}


def find_below(folder: str) -> list[str]:
    return [test for test in find_test_files() if test.startswith(f"{folder}/")]


def find_room(path: str) -> str:
    """The room, or the package of site/, that a path belongs to. "" where it belongs to none."""
    parts = Path(path).parts
    if len(parts) < 2 or parts[0] not in ROOMS:
        return ""
    return "/".join(parts[:2]) if parts[0] == "site" else parts[0]


def find_nearest_tests(path: str) -> str:
    """The `tests` folder nearest above a file. "" where there is none below its room."""
    for folder in Path(path).parents:
        if folder.name == "tests" and folder != Path("tests"):
            return str(folder)
        if folder != Path(".") and (ROOT / folder / "tests").is_dir():
            return str(folder / "tests")
    return ""


def name_of(path: str) -> str:
    """The name by which a file is imported: site/access/policy.py -> access.policy."""
    parts = list(Path(path).with_suffix("").parts)
    if parts[0] == "site":
        del parts[0]
    if parts and parts[-1] == "__init__":
        del parts[-1]
    return ".".join(parts)


@functools.cache
def find_test_files() -> tuple[str, ...]:
    return tuple(
        sorted(
            str(path.relative_to(ROOT))
            for room in ROOMS
            for path in (ROOT / room).rglob("test_*.py")
            if "bench" not in path.relative_to(ROOT).parts
        )
    )


@functools.cache
def import_graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, cache_dir=str(ROOT / ".import_linter_cache"))


def read_at(commit: str, path: str) -> str:
    """A file's text at a commit. "" where it wasn't there."""
    done = subprocess.run(["git", "show", f"{commit}:{path}"], cwd=ROOT, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def read_now(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""


def matches(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def is_known(name: str) -> bool:
    return subprocess.run(["git", "rev-parse", "-q", "--verify", name], cwd=ROOT, capture_output=True).returncode == 0


def git(*words: str) -> list[str]:
    done = subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--since", help="the commit that the change is compared with")
    since = parser.parse_args().since or find_base()
    touched = find_touched(since)
    for test, why in sorted(touched.items()):
        print(f"{test}: {why}")
    print(f"{len(touched)} of {len(find_test_files())} test files are touched since {since[:8]}.")


if __name__ == "__main__":
    main()
