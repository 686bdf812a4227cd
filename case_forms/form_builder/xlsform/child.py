"""Reads one workbook from stdin and writes its rows as JSON to stdout, within limits of memory and time.

    python -m case_forms.form_builder.xlsform.child < form.xlsx

It never fails: what goes wrong is written as {"refused": code, "values": {...}}. safely.py starts it.
"""

import json
import resource
import sys

MAX_MEMORY = 420_000_000  # bytes of address space
MAX_SECONDS = 8  # of processor time
LARGEST_ANSWER = 24_000_000  # characters


def main() -> None:
    limit_resources()
    content = sys.stdin.buffer.read()
    answer = json.dumps(answer_to(content))
    if len(answer) > LARGEST_ANSWER:
        answer = json.dumps({"refused": "too_much_text", "values": {"most": LARGEST_ANSWER}})
    sys.stdout.write(answer)
    sys.stdout.flush()


def limit_resources() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def answer_to(content: bytes) -> dict[str, object]:
    from .guards import Refused

    try:
        from .workbook import read_book

        return read_book(content)
    except Refused as refused:
        return {"refused": refused.code, "values": refused.values}
    except MemoryError:
        return {"refused": "too_much_memory", "values": {}}
    except Exception as error:  # noqa: BLE001 - a workbook can make its readers raise anything
        return {"refused": "damaged", "values": {"reason": type(error).__name__}}


if __name__ == "__main__":
    main()
