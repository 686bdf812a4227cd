"""What people are told of a file that isn't accepted."""

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext

from .drawn_pictures import MAX_PIXELS
from .file_types import MAX_PAGES
from .process import QUEUE_SECONDS


def describe_refusal(code: str, most_bytes: int) -> str:
    """Return the message for a code of `FileRefused`, in the active language. `most_bytes`: what a file may have."""
    said = {
        "empty_file": gettext("This file is empty. Choose another one."),
        "too_large": gettext("This file is larger than %(size)s. Choose a smaller one.")
        % {"size": filesizeformat(most_bytes)},
        "too_many_pixels": gettext("This picture has more than %(count)s million pixels. Choose a smaller one.")
        % {"count": MAX_PIXELS // 1_000_000},
        "too_many_pages": gettext("This document has more than %(count)s pages. Split it, or choose another one.")
        % {"count": MAX_PAGES},
        "locked": gettext("This document is locked. Save a copy without a password, and choose that."),
        "active": gettext("This document contains a program or another file. Print it to a new PDF, and choose that."),
        "busy": gettext("Too many files are being uploaded just now. Wait %(seconds)s seconds, and choose it again.")
        % {"seconds": QUEUE_SECONDS},
        "one_at_a_time": gettext(
            "Your other files are still being checked. Wait until they are saved, and choose this one again."
        ),
        "goes_on": gettext(
            "Something follows the end of this file, or it was cut off. Save it again in the program that made it, and"
            " choose that copy."
        ),
        "picture_inside": gettext(
            "This document contains a picture that may say where it was taken (TIFF, HEIC). Save the document as a PDF,"
            " and choose that."
        ),
        "hidden_track": gettext(
            "This film holds more than picture and sound, such as where the camera was. Export it as a plain MP4, and"
            " choose that."
        ),
    }
    return said.get(code) or gettext("This file can't be opened. It may be damaged; choose another one.")
