"""Sanitising of files in a process of its own, with little memory and time, no secrets and no way to write to the disk.

A file that crashes a decoder, or makes it grow or run for ever, takes that process down and nothing else; the content
goes through pipes, so no plain copy of it ever lies on a disk. Run as a program this module is that process.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path

from access.limits import Bounded, BoundedForEach, Busy

from .drawn_pictures import clean_picture
from .file_types import PDF, FileRefused, get_kind
from .readers import PICTURE, clean_for_readers, is_of_kind, refuse_what_goes_on

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "import sys; sys.path[:0] = [sys.argv[1] + '/site']; from sanitizer.process import main; main()"
COPIES_GROW = 2  # a PDF's copy is packed less tightly
SECONDS = 20  # of processor time
CLOCK_SECONDS = 30
MEMORY = 1_200 * 1024 * 1024  # of address space: libraries take some 300 MB of it
QUEUE_SECONDS = CLOCK_SECONDS  # whoever is next gets their turn, however long this one takes
OWN_QUEUE_SECONDS = 10
# one at a time in each web process: fifty megapixels take half a gigabyte. Two more wait; each holds a slot that others
# need (config.admission), so whoever comes then gets "busy" at once
_machine = Bounded(at_once=1, waiting=2, seconds=QUEUE_SECONDS)
# each person has one of those three places at a time, however many files they send, and one more file waits for it
_own = BoundedForEach(at_once=1, waiting=1, seconds=OWN_QUEUE_SECONDS)


FORM, READERS, UPLOAD = "form", "readers", "upload"  # what a copy is made for


@dataclass(frozen=True)
class CleanFile:
    media_type: str
    content: bytes = field(repr=False)


def sanitize_file(content: bytes, *, accept: frozenset[str], most_bytes: int, by: Hashable) -> CleanFile:
    """Return a clean copy of a file.

    `accept`: "image" and "pdf", or one of them. `most_bytes` bounds both the upload and the copy. `by`: whose file it
    is; one person's files are cleaned one after the other. Raises FileRefused.
    """
    if len(content) > most_bytes:
        raise FileRefused("too_large")
    # before the queue: a wrong file shouldn't wait for its turn to be refused
    if get_kind(content).accepted_as not in accept:
        raise FileRefused("wrong_kind")
    said, copy = _clean_apart(content, most_bytes, FORM, by=by)
    return CleanFile(said["media_type"], copy)


def sanitize_for_readers(content: bytes, *, kind: str, most_bytes: int, by: Hashable, is_new: bool = True) -> bytes:
    """Return a clean copy of a file that the public site gives out, in the same format.

    `kind`: as `readers.clean_for_readers` takes it. `is_new`: it is just being uploaded, so that what hides behind its
    end is refused, not left out. Raises FileRefused.
    """
    if len(content) > most_bytes:
        raise FileRefused("too_large")
    # Before the queue, as above.
    if not content:
        raise FileRefused("empty_file")
    if kind != PICTURE and not is_of_kind(content, kind):
        raise FileRefused("wrong_kind")
    _said, copy = _clean_apart(content, most_bytes, f"{UPLOAD if is_new else READERS}:{kind}", by=by)
    return copy


def _clean_apart(content: bytes, most_bytes: int, purpose: str, *, by: Hashable) -> tuple[dict[str, str], bytes]:
    try:
        with _own.turn(by):
            done = _done_apart(content, most_bytes, purpose)
    except Busy:
        raise FileRefused("one_at_a_time") from None
    # killed by a limit, or crashed: to the person both are a file that can't be opened
    if done.returncode != 0:
        raise FileRefused("unreadable")
    head, _newline, copy = done.stdout.partition(b"\n")
    said = json.loads(head)
    if "refused" in said:
        raise FileRefused(said["refused"])
    return said, copy


def _done_apart(content: bytes, most_bytes: int, purpose: str) -> subprocess.CompletedProcess[bytes]:
    """Run this module as a program, when it is this file's turn. Raises FileRefused."""
    try:
        with _machine.turn():
            return subprocess.run(  # noqa: S603 - our own interpreter and module
                # -I: nothing from the user's site or PYTHON* variables; -B: no bytecode files, as it may not write
                [sys.executable, "-I", "-B", "-c", PROGRAM, str(ROOT), str(most_bytes), purpose],
                input=content,
                capture_output=True,
                timeout=CLOCK_SECONDS,
                # no environment: it would hand the vault's keys to a process that parses hostile files
                env={},
                check=False,
            )
    except Busy:
        raise FileRefused("busy") from None
    except subprocess.TimeoutExpired:
        raise FileRefused("unreadable") from None


def clean_copy(content: bytes, most_bytes: int) -> tuple[str, bytes]:
    """Return (media type, content) of the clean copy, made in this process. Raises FileRefused."""
    kind = get_kind(content)
    if kind is PDF:
        # Loaded by the process that opens a PDF and by no other: every process of the service would carry it.
        from .documents import clean_document

        return clean_document(content, most_bytes)
    return clean_picture(content, kind, most_bytes)


def main() -> None:
    """Run as the process: content on stdin, a line of JSON and the clean copy on stdout."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # a file may be opened, but no byte written into it
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold the plain content
    said, copy = {}, b""
    content, most_bytes, (purpose, _colon, kind) = sys.stdin.buffer.read(), int(sys.argv[2]), sys.argv[3].partition(":")
    try:
        if purpose == FORM:
            said["media_type"], copy = clean_copy(content, most_bytes)
        else:
            if purpose == UPLOAD:
                refuse_what_goes_on(content, kind)
            copy = clean_for_readers(content, kind, COPIES_GROW * most_bytes)
    except FileRefused as refused:
        said = {"refused": refused.code}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + copy)
