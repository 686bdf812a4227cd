"""Files that a draft shows, for the front end elsewhere that shows the draft (docs/api-public.md).

Readers have such a file once a live page offers it (`used.is_public_asset`). Until then its address in the answer to a
preview's token carries a signature of its own: it opens this one file, for as long as a token is good.
"""

from typing import Any

from django.core.signing import BadSignature, TimestampSigner

from ..asset_usage import is_public_asset
from .elsewhere import TOKEN_SECONDS, is_configured
from .reading import Reading, absolute

SIGNED = "draft"  # the parameter of the file's address
SALT = "content.headless.draft_file"


class DraftReading(Reading):
    """How a draft is read by who holds its token."""

    def address_of_file(self, file: Any) -> str:
        if is_public_asset(file):
            return super().address_of_file(file)
        return f"{absolute(file.url)}?{SIGNED}={TimestampSigner(salt=SALT).sign(str(file.pk))}"


def opens(signed: str, file: Any) -> bool:
    """Whether this signature is for this file, young enough, and there is a front end that drafts are shown to."""
    if not signed or not is_configured():
        return False
    try:
        return TimestampSigner(salt=SALT).unsign(signed, max_age=TOKEN_SECONDS) == str(file.pk)
    except BadSignature:
        return False
