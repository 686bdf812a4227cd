"""People who word texts, and texts that two of them agreed to."""

from datetime import datetime
from typing import Any

from access.models import User

from ..actions import decide_text, propose_text
from ..in_force import kept
from ..models import TextVersion

GREETING = {"sq": "Përshëndetje,", "en": "Good day,"}


def make_person(username: str) -> User:
    """Create an account; who may open the pages is the policy table's concern."""
    return User.objects.create_user(username, f"{username}@vatra.example", first_name=username.capitalize())


def propose(by: User, key: str = "mail.greeting", texts: dict[str, str] | None = None, **more: Any) -> TextVersion:
    wanted = GREETING if texts is None else texts
    return propose_text(**{"key": key, "texts": wanted, "reason": "Më e shkurtër", "by": by} | more)


def put_in_force(
    first: User, second: User, key: str = "mail.greeting", texts: dict[str, str] | None = None,
    *, now: datetime | None = None, **more: Any,
) -> TextVersion:  # fmt: skip
    version = propose(first, key, texts, now=now, **more)
    decide_text(version=version, agree=True, by=second, now=now)
    kept.forget()  # a test's transaction never commits, which is when a process reads them again
    version.refresh_from_db()
    return version
