import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError

from tests.world.notices import notify_officer

from ..models import Notice
from ..states import OPEN, SETTLED, TRANSITIONS, NoticeState

# An answer opens the notice on its way; the diagram says so once instead of drawing it for each state.
SHORT_CUTS = {(state, answer) for state in ("sent", "delivered", "escalated") for answer in ("accepted", "declined")}


def test_the_diagram_in_the_docs_is_the_table():
    text = (Path(settings.ROOT) / "docs" / "outbox.md").read_text()
    drawn = set(re.findall(r"^    (\w+) --> (\w+)", text, re.MULTILINE))
    table = {(str(state), str(after)) for state, all_after in TRANSITIONS.items() for after in all_after}
    assert drawn == table - SHORT_CUTS


def test_every_state_is_open_or_settled_and_settled_ones_only_settle_further():
    assert set(OPEN) | set(SETTLED) == set(NoticeState)
    assert not set(OPEN) & set(SETTLED)
    for state in SETTLED:
        assert TRANSITIONS[state] <= set(SETTLED)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "illegal",
    [
        {"state": "lost"},
        {"state": "sending"},
        {"lease_until": "2025-01-01T00:00Z"},
        {"next_attempt_at": None},
        {"state": "failed"},
        {"sent_at": "2025-01-01T00:00Z"},
        {"state": "sent", "attempts": 1},
        {"state": "opened", "attempts": 1, "sent_at": "2025-01-01T00:00Z"},
        {"state": "accepted", "attempts": 1, "sent_at": "2025-01-01T00:00Z", "opened_at": "2025-01-01T00:00Z"},
        {"state": "cancelled", "cancelled_at": "2025-01-01T00:00Z"},
        {"contact": None, "attempts": 1, "sent_at": "2025-01-01T00:00Z"},
    ],
)
def test_the_database_refuses_illegal_pairs(staffed, illegal):
    notice = notify_officer(staffed)
    with pytest.raises(IntegrityError):
        Notice.objects.filter(pk=notice.pk).update(**illegal)
