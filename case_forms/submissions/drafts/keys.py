"""Draft keys: they stand in for a session that has ended while a page of the draft was open.

A draft's key is a signed token in the section's form, valid for twelve hours, that lets its holder add to this one
draft and shows nothing. So what was typed on a phone whose session dropped isn't lost. It never replaces what is
saved (`besides`), and is invalid once the account is shut, the password changed, or the session ended from elsewhere
(docs/adr/0009, 0067).
"""

import uuid
from dataclasses import dataclass

from django.core import signing
from django.utils.crypto import constant_time_compare

from access.models import User
from access.sessions.actions import is_alive as session_is_alive

from ..models import Draft

KEY_SALT = "vatra.draft-key"
KEY_AGE = 12 * 3600  # seconds
STAMP_LENGTH = 22  # enough to tell a changed password; keys are signed, not encrypted


@dataclass(frozen=True)
class DraftKey:
    """The content of a draft's key.

    `form_version` is the primary key of the one that its page was made from; `stamp` changes with the owner's password
    and when all their sessions are ended; `session` is the one that showed the page.
    """

    owner: int
    form_version: int | None
    stamp: str = ""
    session: str = ""


def get_key(draft: Draft, session: str = "") -> str:
    """Return a draft's key. `session`: the one that shows the page (`access.sessions.actions.get_row`)."""
    return signing.dumps(
        [str(draft.pk), draft.owner_id, draft.form_version_id, _get_stamp(draft.owner), session], salt=KEY_SALT
    )


def read_key(key: str, draft_id: uuid.UUID) -> DraftKey | None:
    """Return the content of a draft's key, whether or not the draft still exists; None for a bad or an expired one."""
    try:
        made_for, owner_id, form_version, stamp, session = signing.loads(key, salt=KEY_SALT, max_age=KEY_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    # the draft may be gone: a page of it can still show what was typed, to be copied (docs/adr/0042)
    return DraftKey(owner_id, form_version, stamp, session) if made_for == str(draft_id) else None


def is_alive(key: DraftKey) -> bool:
    """Return whether the key's owner is active under the same password, and nobody ended the session it is of."""
    owner = User.objects.filter(pk=key.owner, is_active=True).first()
    if owner is None or not constant_time_compare(key.stamp, _get_stamp(owner)):
        return False
    return not key.session or session_is_alive(key.session)


def _get_stamp(owner: User) -> str:
    return owner.get_session_auth_hash()[:STAMP_LENGTH]


def key_opens(key: str, draft_id: uuid.UUID) -> bool:
    """Return whether this key was made for this draft and its owner within twelve hours, and is still alive."""
    said = read_key(key, draft_id)
    return said is not None and is_alive(said) and Draft.objects.filter(pk=draft_id, owner_id=said.owner).exists()
