"""Print known vulnerabilities of the pinned packages; fail only on one that is known to be exploited.

`make lint` runs it. pip-audit asks Python's package index for advisories, npm asks its own for those of the packages
that check the scripts (none of them reaches a page). Which are exploited is read from CISA's catalogue of known
exploited vulnerabilities and from `known-exploited.txt` beside this file. Where an index can't be reached the step says
what it could not ask and passes: a missing answer is no finding, and no all-clear either.
"""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PIP_AUDIT = ROOT / ".venv/audit/bin/pip-audit"
NPM = ROOT / ".venv/bin/npm"
LOCKS = ("requirements.txt", "requirements-dev.txt", "deploy/locks/uv.txt", "deploy/locks/build.txt")
KEPT = Path(__file__).with_name("known-exploited.txt")
CATALOGUE = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
AUDIT_SECONDS = 120
CATALOGUE_SECONDS = 5


def main() -> int:
    packages: list[dict[str, Any]] = []
    for index, ask in (("Python", ask_index), ("npm", ask_npm)):
        try:
            packages += ask()
        except (OSError, ValueError, KeyError, subprocess.SubprocessError) as problem:
            print(f"Known vulnerabilities of {index}'s packages: could not be asked here ({type(problem).__name__}).")
    if not packages:
        return 0
    exploited = set(kept_identifiers(KEPT.read_text()))
    try:
        exploited |= set(ask_catalogue())
    except (OSError, ValueError, KeyError, TypeError):
        print("Known exploited vulnerabilities: the catalogue can't be reached here; the kept list alone is used.")
    lines, failing = report(packages, exploited)
    print(*lines, sep="\n")
    return 1 if failing else 0


def ask_index() -> list[dict[str, Any]]:
    """What pip-audit says of each pinned package. Raises OSError, ValueError or SubprocessError without an answer."""
    wanted = [argument for lock in LOCKS for argument in ("--requirement", str(ROOT / lock))]
    command = [str(PIP_AUDIT), "--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
    answer = subprocess.run(
        [*command, "--timeout", "10", *wanted], capture_output=True, text=True, timeout=AUDIT_SECONDS, check=False
    )
    # Its exit code is 1 both for "found something" and for "failed": only the document tells them apart.
    dependencies: list[dict[str, Any]] = json.loads(answer.stdout)["dependencies"]
    return dependencies


def ask_npm() -> list[dict[str, Any]]:
    """What npm says of each package in package-lock.json, in the shape of pip-audit's answer. Raises as ask_index."""
    command = [str(NPM), "audit", "--json", "--fetch-retries", "0", "--fetch-timeout", "10000"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=AUDIT_SECONDS, check=False, cwd=ROOT)
    found = json.loads(answer.stdout)["vulnerabilities"]  # missing where the index gave no answer
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    # A package may stand in the lock file several times, below whoever asks for another release of it.
    pinned = [(path.rpartition("node_modules/")[2], entry["version"]) for path, entry in lock.items() if path]
    return [{"name": name, "version": version, "vulns": advisories(found.get(name))} for name, version in pinned]


def advisories(finding: dict[str, Any] | None) -> list[dict[str, Any]]:
    """npm's advisories of one package. An entry of `via` that is a name leads to another package's own finding."""
    via = finding["via"] if finding else []
    fix = finding.get("fixAvailable") if finding else None
    releases = [fix["version"]] if isinstance(fix, dict) else []
    return [{"id": each["url"].rpartition("/")[2], "fix_versions": releases} for each in via if isinstance(each, dict)]


def ask_catalogue() -> Iterator[str]:
    with urllib.request.urlopen(CATALOGUE, timeout=CATALOGUE_SECONDS) as answer:
        for entry in json.load(answer)["vulnerabilities"]:
            yield entry["cveID"]


def kept_identifiers(text: str) -> Iterator[str]:
    """The identifiers of a kept list: the first word of each line that is no comment."""
    for line in text.splitlines():
        if words := line.partition("#")[0].split():
            yield words[0]


def report(packages: list[dict[str, Any]], exploited: Collection[str]) -> tuple[list[str], bool]:
    """One line for each vulnerability and one that counts; True if any of them is known to be exploited."""
    lines, failing = [], False
    for package in packages:
        for found in package.get("vulns", ()):
            names = [found["id"], *found.get("aliases", ())]
            fixed = ", ".join(found.get("fix_versions", ())) or "no release yet"
            known = bool(set(names) & set(exploited))
            failing = failing or known
            mark = "EXPLOITED " if known else ""
            lines.append(f"{mark}{package['name']} {package['version']}: {', '.join(names)} (mended in: {fixed})")
    unknown = sum("skip_reason" in package for package in packages)
    lines.append(
        f"Known vulnerabilities: {len(lines)} in {len(packages)} pinned packages"
        + (f"; for {unknown} of them no answer could be had here." if unknown else ".")
    )
    return lines, failing


if __name__ == "__main__":
    sys.exit(main())
