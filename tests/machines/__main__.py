"""`python -m tests.machines [--quick] [PART ...]`, as root: throughput, dying, cuts (all).

    throughput  forms by HTTP over one, two and four machines, until the last notice is out; who waits for what
    dying       of two machines the leading one is killed, then loses its network for good
    cuts        60 seconds without a network between two machines and what they need

Exit code 1 when a goal was missed.
"""

import argparse
import contextlib
import importlib
import logging
import signal
import sys
from types import FrameType

PARTS = ("throughput", "dying", "cuts")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.machines", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few seconds each, to try the bench itself")
    parser.add_argument("--share", type=float, default=0.2, help="of one processor that a machine has (0.2)")
    parser.add_argument("--only", default="", help="of the cuts, those whose names hold this")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of: {', '.join(PARTS)}")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    from .testbed import made_testbed

    # A second Ctrl-C, or a `timeout` that passes one on, mustn't leave machines behind.
    signal.signal(signal.SIGINT, _stop_once)
    signal.signal(signal.SIGTERM, _stop_once)
    missed = []
    with contextlib.ExitStack() as stack:
        testbed = stack.enter_context(made_testbed(options.share))
        for name in options.parts or PARTS:
            print(f"\n== {name} ==", flush=True)
            if not importlib.import_module(f"tests.machines.{name}").run(testbed, options):
                missed.append(name)
    if missed:
        print(f"\nmissed: {', '.join(missed)}")
    return 1 if missed else 0


def _stop_once(number: int, frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
