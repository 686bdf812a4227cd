"""`make release VERSION=1.2.0`: name what has been merged a release: its section of CHANGELOG.md, its version, its tag.

Refuses unless the working tree is clean, the version follows the last tag and the changelog says what changed. It
commits and tags here and pushes nothing. Python's standard library only.
"""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
UNRELEASED = "## Unreleased\n"
CHECK = [sys.executable, "-m", "config.migration_check"]


class CannotRelease(Exception):
    """Raised when nothing was changed. The text says why."""


def main(arguments: list[str]) -> int:
    """Make the release in the current folder, and return the exit code."""
    try:
        sys.stdout.write(f"{release(Path.cwd(), arguments[0] if arguments else '')}\n")
    except CannotRelease as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    return 0


def release(root: Path, version: str) -> str:
    """Release what is committed in `root`. Returns what to do next. Raises CannotRelease."""
    refuse_version(root, version)
    if git(root, "status", "--porcelain"):
        raise CannotRelease("Something isn't committed: `git status`. Nothing was changed.")
    changelog = root / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    before, heading, after = text.partition(UNRELEASED)
    if not heading or not after.partition("\n## ")[0].strip():
        raise CannotRelease("CHANGELOG.md has nothing under Unreleased. Nothing was changed.")
    if run(root, CHECK).returncode:
        raise CannotRelease("The release before can't run on this schema: `make lint`. Nothing was changed.")
    day = datetime.now(UTC).date().isoformat()
    changelog.write_text(f"{before}{UNRELEASED}\n## {version} ({day})\n{after}", encoding="utf-8")
    project = root / "pyproject.toml"
    line = re.compile(r'^version = ".*"$', re.MULTILINE)
    project.write_text(
        line.sub(f'version = "{version}"', project.read_text(encoding="utf-8"), count=1), encoding="utf-8"
    )
    if run(root, [*CHECK, "--release"]).returncode:
        git(root, "checkout", "--", ".")
        raise CannotRelease("The migrations couldn't be noted. Nothing was changed.")
    git(root, "commit", "--quiet", "--all", "--message", f"release: {version}")
    git(root, "tag", "--annotate", f"v{version}", "--message", f"Vatra Outreach {version}")
    return (
        f"v{version} is committed and tagged here. `make upgrade-fixture COMMIT=v{version}` stores its data, from which"
        " later ones are tried (minutes; commit what it writes). `git push --follow-tags` makes it known."
    )


def refuse_version(root: Path, version: str) -> None:
    if not VERSION.fullmatch(version):
        raise CannotRelease("make release VERSION=1.2.0: three numbers, without leading zeros. Nothing was changed.")
    tags = git(root, "tag", "--list", "v*").split()
    known = [tuple(map(int, tag[1:].split("."))) for tag in tags if VERSION.fullmatch(tag[1:])]
    if known and tuple(map(int, version.split("."))) <= max(known):
        newest = ".".join(map(str, max(known)))
        raise CannotRelease(f"{version} doesn't follow {newest}. Nothing was changed.")


def git(root: Path, *arguments: str) -> str:
    done = run(root, ["git", *arguments])
    if done.returncode:
        raise CannotRelease(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout


def run(root: Path, command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
