"""The process that reads one workbook from stdin and writes its rows as JSON to stdout, within limits.

    python -m case_forms.form_builder.xlsform.sandbox_child < form.xlsx

It never fails: what goes wrong is written as {"refused": code, "values": {...}}. sandbox.py starts it.
"""

import json
import resource
import sys

MAX_MEMORY = 420_000_000  # bytes of address space
MAX_SECONDS = 8  # of processor time
MAX_ANSWER_LENGTH = 24_000_000  # characters


def main() -> None:
    # Before the workbook is read, and before any library that opens it is imported.
    limit_resources()
    content = sys.stdin.buffer.read()
    answer = json.dumps(answer_to(content))
    if len(answer) > MAX_ANSWER_LENGTH:
        answer = json.dumps({"refused": "too_much_text", "values": {"most": MAX_ANSWER_LENGTH}})
    sys.stdout.write(answer)
    sys.stdout.flush()


def limit_resources() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    # The soft limit sends SIGXCPU; the hard limit, a second later, SIGKILL, which nothing can catch.
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS + 1))
    # No core file, which would hold the workbook, and below no file of any size.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def answer_to(content: bytes) -> dict[str, object]:
    """Return the rows of a workbook, or why it was refused. Never raises."""
    # Imported here, so that the limits hold while pyxform and openpyxl are loaded, too.
    from .archive_checks import RefusedWorkbookError

    try:
        from .workbook import read_book  # within `try`: what loading it takes counts, too

        return read_book(content)
    except RefusedWorkbookError as refused:
        return {"refused": refused.code, "values": refused.values}
    except MemoryError:
        return {"refused": "too_much_memory", "values": {}}
    except Exception as error:  # noqa: BLE001 - a workbook can make its readers raise anything
        return {"refused": "damaged", "values": {"reason": type(error).__name__}}


if __name__ == "__main__":
    main()
