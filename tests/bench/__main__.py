"""`make bench`: how soon a notice is told, and how many a second, measured with real processes in one run.

    python -m tests.bench [--quick]

Each goal of the issue is a line with its measured value; the exit code is 1 when a goal is missed.
"""

import argparse
import sys

from .realtime import measure
from .service import Service, Sink
from .tables import table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the load, to try the bench itself")
    options = parser.parse_args()
    with Sink() as sink:
        service = Service(sink)
        service.prepare()
        service.start()
        try:
            service.wait_until_working()
            latencies, throughputs = measure(sink, scale=0.1 if options.quick else 1.0)
        finally:
            service.close()
    print("\nFrom commit to SMTP accept, milliseconds (embedded default: SQLite, ORM broker)\n")
    print(table(("load", "notices", "p50", "p95", "p99", "max", "goal"), [row.cells() for row in latencies]))
    print("\nNotices per second on the same cluster settings\n")
    print(table(("what", "notices", "seconds", "per second"), [row.cells() for row in throughputs]))
    ours, bare = throughputs
    ratio = ours.per_second / bare.per_second
    print(f"\nratio outbox / bare async_task(send_mail): {ratio:.2f} (goal >= 1.0)")
    met = ratio >= 1.0 and all(row.met for row in latencies)
    print("all goals met" if met else "A GOAL WAS MISSED")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
