"""Run the units as if it were another moment: `python -m tests.on_a_day "2027-01-01 00:20" [what pytest takes]`.

The moment is Albania's. A test that counts on today's year, or on an hour that isn't near midnight, is red on one day
and green on all others; here it is found before that day. Worth trying: the hour before midnight and the one after it,
the turn of a year, the 29th of February, the night in which a clock is set back, and the same day a year from now.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = "faketime/libfaketimeMT.so.1"
ZONE = "Europe/Tirane"
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?")
STORING = "case_forms/submissions/attachments/tests/test_storing.py"
# The kernel dates files by its own clock, and Redis isn't started with another one.
NOT_HERE = (
    "--ignore=site/config/tests/test_cache.py",
    f"--deselect={STORING}::test_what_no_submission_names_in_time_is_tidied_away",
    f"--deselect={STORING}::test_files_without_a_row_are_tidied_away_after_an_hour",
    "--deselect=site/config/watch/tests/test_stored.py::test_files_of_the_last_hour_are_no_strays",
)
WORDS = ("-m", "pytest", "-p", "no:cacheprovider", "-q", "-n", "logical", "--dist", "worksteal")
UNITS = "not browser and not faults and not pictures"


def main(arguments: list[str]) -> int:
    moment = arguments[0] if arguments else ""
    if not MOMENT.fullmatch(moment):
        sys.exit('A moment is missing, as in DAY="2027-01-01 00:20".')
    library = next((each / LIBRARY for each in sorted(Path("/usr/lib").glob("*")) if (each / LIBRARY).exists()), None)
    if library is None:
        sys.exit("libfaketime isn't installed: apt-get install libfaketime")
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "FAKETIME": f"@{moment if moment.count(':') == 2 else moment + ':00'}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # patience is measured by the real one
        "FAKETIME_DONT_RESET": "1",
        "TZ": ZONE,  # by which libfaketime reads the moment, in processes of processes, too
        "EXAMPLES_FACTOR": os.environ.get("EXAMPLES_FACTOR", "0.1"),
    }
    command = [sys.executable, *WORDS, "-m", UNITS, *NOT_HERE, *arguments[1:]]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
