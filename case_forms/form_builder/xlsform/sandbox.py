"""Reading a workbook that somebody sent: a process of its own opens the file, with little memory and little time.

What comes back are plain rows, bounded in number and length; what is made of them here takes time that grows with them
and not faster. So whatever the file holds, there is a report within seconds, and never an exception.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO

from access.languages import DEFAULT_LANGUAGE

from ..lists import Shared, no_shared_lists
from .archive_checks import MAX_FILE_SIZE, RefusedWorkbookError, check_archive
from .findings import Import
from .messages import IMPORT_MESSAGES
from .reading import get_form, refusal

MAX_SECONDS = 9.0
ROOT = Path(__file__).resolve().parents[3]
CHILD = "case_forms.form_builder.xlsform.sandbox_child"


def read_safely(
    file: BinaryIO,
    *,
    name: str,
    key: str | None = None,
    kind: str,
    language: str = DEFAULT_LANGUAGE,
    shared: Shared = no_shared_lists,
) -> Import:
    """The form in an uploaded workbook (.xlsx), or what keeps it from being one; nothing is saved here.

    For pages and commands alike. file: opened for reading bytes; name: the file's name; key: the key the form should
    have, else that of the workbook's settings; kind: one of limits.KINDS; language: the code (sq, en, ...) for texts
    that say no language; shared: look-up of shared lists (lists.shared_lists()). In the result, `definition` is None
    when there is an error, and `report` lists findings with their sheet, row and column (findings.Finding). The words
    are in the language that is active.
    """
    content = file.read(MAX_FILE_SIZE + 1)
    try:
        check_archive(content)
    except RefusedWorkbookError as refused:
        return refusal(refused.code, refused.values)
    answer = _asked(content)
    if "refused" in answer:
        code = answer["refused"] if answer["refused"] in IMPORT_MESSAGES else "damaged"
        return refusal(code, {"reason": "", **answer.get("values", {})})
    return get_form(answer, name=name, key=key, kind=kind, language=language, shared=shared)


def _asked(content: bytes) -> dict[str, Any]:
    """What the process of its own says about a workbook."""
    command = [
        sys.executable,
        "-I",
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {CHILD} as c; c.main()",
    ]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module; the workbook goes to its stdin
            command, input=content, capture_output=True, timeout=MAX_SECONDS, check=False, cwd="/", env={}
        )
    except subprocess.TimeoutExpired:
        return {"refused": "took_too_long"}
    if done.returncode:  # killed for its time or its memory
        return {"refused": "took_too_long" if done.returncode == -9 or done.returncode == -24 else "too_much_memory"}
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return {"refused": "damaged"}
    return answer if isinstance(answer, dict) else {"refused": "damaged"}
