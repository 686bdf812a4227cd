"""Print known vulnerabilities of the pinned packages; fail only on one that is known to be exploited.

`make lint` runs it. pip-audit asks the package index for advisories; which of them are exploited is read from CISA's
catalogue of known exploited vulnerabilities and from `known-exploited.txt` beside this file. Where there is no network
the step says what it could not ask and passes: a missing answer is no finding, and no all-clear either.
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
LOCKS = ("requirements.txt", "requirements-dev.txt", "deploy/locks/uv.txt")
KEPT = Path(__file__).with_name("known-exploited.txt")
CATALOGUE = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
AUDIT_SECONDS = 120
CATALOGUE_SECONDS = 5


def main() -> int:
    try:
        packages = ask_index()
    except (OSError, ValueError, subprocess.SubprocessError) as problem:
        print(f"Known vulnerabilities: could not be asked here ({type(problem).__name__}).")
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
