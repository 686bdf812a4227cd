"""Readers who each open a connection of their own: `python -m tests.install.readers HOST RATE`, until its input ends.

RATE a second ask nginx at 127.0.0.1:443: of ten, eight read public pages, one looks at the form for questions, and one
begins to sign in. Prints {"answers": {status or error: how many}, "longest_s": the longest wait}.
"""

import http.client
import json
import ssl
import sys
import threading
import time
from collections import Counter

PAGES = ("/", "/en/", "/", "/pyet/", "/", "/en/", "/", "/healthz", "/", "/accounts/login/")
PATIENCE_SECONDS = 120


def main() -> None:
    host, pause = sys.argv[1], 1 / float(sys.argv[2])
    is_over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), is_over.set()), daemon=True).start()
    answers: Counter[str] = Counter()
    waits = [0.0]
    threads = []
    # The certificate is the machine's own here.
    trust = ssl._create_unverified_context()  # noqa: S323

    def ask(number: int) -> None:
        began = time.monotonic()
        connection = http.client.HTTPSConnection("127.0.0.1", 443, timeout=PATIENCE_SECONDS, context=trust)
        try:
            connection.request("GET", PAGES[number % len(PAGES)], headers={"Host": host})
            status = connection.getresponse().status
            answers[str(status) if status == 200 else f"{status} {PAGES[number % len(PAGES)]}"] += 1
        except (OSError, http.client.HTTPException) as error:
            answers[type(error).__name__] += 1
        finally:
            connection.close()
        waits.append(time.monotonic() - began)

    while not is_over.is_set():
        threads.append(threading.Thread(target=ask, args=(len(threads),), daemon=True))
        threads[-1].start()
        time.sleep(pause)
    for each in threads:
        each.join()
    print(json.dumps({"answers": answers, "longest_s": round(max(waits), 1)}))


if __name__ == "__main__":
    main()
