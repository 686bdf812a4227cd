"""The sandbox for workbooks that somebody sent: a separate process opens the file, with little memory and time.

What comes back are plain rows, bounded in number and length; the work on them here takes time that grows with them and
not faster. So whatever the file holds, there is a report within seconds, and never an exception.
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
    """Read the form in an uploaded workbook (.xlsx), or report what prevents it; nothing is saved here.

    For pages and commands alike. `file`: opened for reading bytes; `name`: the file's name; `key`: the key the form
    should have, else that of the workbook's settings; `kind`: one of limits.KINDS; `language`: the code (sq, en, ...)
    for texts that name no language; `shared`: look-up of shared lists (models.shared_lists()).

    In the result, `definition` is None when there is an error, and `report` lists findings with their sheet, row and
    column (findings.Finding). Messages are in the active language.
    """
    # One byte more than is allowed is enough to see that a file is too large.
    content = file.read(MAX_FILE_SIZE + 1)
    try:
        check_archive(content)
    except RefusedWorkbookError as refused:
        return refusal(refused.code, refused.values)
    answer = _asked(content)
    if "refused" in answer:
        # The child has worked on a hostile file: what it says is not trusted further than a known code.
        code = answer["refused"] if answer["refused"] in IMPORT_MESSAGES else "damaged"
        return refusal(code, {"reason": "", **answer.get("values", {})})
    return get_form(answer, name=name, key=key, kind=kind, language=language, shared=shared)


def _asked(content: bytes) -> dict[str, Any]:
    """Ask the separate process about a workbook."""
    command = [
        sys.executable,
        # Isolated from variables, user packages and the working directory; the command adds the path.
        "-I",
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {CHILD} as c; c.main()",
    ]
    try:
        # An empty environment: the child needs no key, no database and no settings, and so it has none to lose.
        done = subprocess.run(  # noqa: S603 - our own interpreter and module; the workbook goes to its stdin
            command, input=content, capture_output=True, timeout=MAX_SECONDS, check=False, cwd="/", env={}
        )
    except subprocess.TimeoutExpired:
        return {"refused": "took_too_long"}
    if done.returncode:  # killed for its time or its memory
        # -9 and -24 are SIGKILL and SIGXCPU, as at the limit of processor time. Anything else is taken for the memory
        # limit.
        return {"refused": "took_too_long" if done.returncode == -9 or done.returncode == -24 else "too_much_memory"}
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return {"refused": "damaged"}
    return answer if isinstance(answer, dict) else {"refused": "damaged"}
