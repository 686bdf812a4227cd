"""One proposes a text, another one decides."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from access.models import User

from .. import actions
from ..actions import TextRefused, decide_text, get_last_agreed, get_waiting, propose_text, withdraw_text
from ..models import TextVersion
from .people import GREETING, propose, put_in_force

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def test_nobody_agrees_to_their_own_text(first: User) -> None:
    version = propose(first)
    for agree in (True, False):
        with pytest.raises(ValidationError, match="Another person"):
            decide_text(version=version, agree=agree, by=first)
    assert get_waiting("mail.greeting") == version


def test_the_first_who_decides_is_the_only_one(first: User, second: User) -> None:
    version = propose(first)
    decide_text(version=version, agree=False, by=second, answer="Jo kështu")
    with pytest.raises(ValidationError, match="decided meanwhile"):
        decide_text(version=version, agree=True, by=second)
    with pytest.raises(ValidationError, match="decided meanwhile"):
        withdraw_text(version=version, by=first)
    version.refresh_from_db()
    assert (version.decision, version.in_force_from) == ("refused", None)
    assert version.words == {"reason": "Më e shkurtër", "answer": "Jo kështu"}


def test_one_change_of_a_text_waits_at_a_time(first: User, second: User) -> None:
    propose(first)
    with pytest.raises(ValidationError, match="waits"):
        propose(second, texts={"sq": "Tjetër,", "en": "Another,"})
    assert TextVersion.objects.count() == 1


def test_only_the_proposer_withdraws(first: User, second: User) -> None:
    version = propose(first)
    with pytest.raises(ValidationError, match="Only whoever"):
        withdraw_text(version=version, by=second)
    withdraw_text(version=version, by=first)
    assert get_waiting("mail.greeting") is None


def test_a_text_of_somebody_who_left_is_not_agreed_to(first: User, second: User) -> None:
    version = propose(first)
    first.is_active = False
    first.save()
    with pytest.raises(ValidationError, match="no account"):
        decide_text(version=version, agree=True, by=second)
    decide_text(version=version, agree=False, by=second)


def test_a_text_that_a_release_took_out_can_only_be_refused(first: User, second: User, monkeypatch) -> None:
    version = propose(first)
    monkeypatch.setattr(actions, "TEXTS", {})
    with pytest.raises(ValidationError, match="release took this text out"):
        decide_text(version=version, agree=True, by=second)
    with pytest.raises(ValidationError, match="no such text"):
        propose(second)
    decide_text(version=version, agree=False, by=second)


def test_a_text_that_a_release_no_longer_lets_pass_is_not_agreed_to(first: User, second: User, monkeypatch) -> None:
    version = propose(first)
    monkeypatch.setattr(actions, "does_fit", lambda *_each: False)
    with pytest.raises(ValidationError, match="no longer passes"):
        decide_text(version=version, agree=True, by=second)


def test_what_was_compared_with_another_text_is_not_agreed_to(first: User, second: User) -> None:
    version = propose(first)
    moment = timezone.now()
    TextVersion.objects.create(
        key=version.key, texts={}, proposed_by=first, decision="agreed", decided_by=second, decided_at=moment,
        in_force_from=moment,
    )  # fmt: skip
    with pytest.raises(ValidationError, match="Another text took effect"):
        decide_text(version=version, agree=True, by=second)


def test_a_wrong_text_is_refused_with_words_for_each_language(first: User) -> None:
    with pytest.raises(TextRefused) as refused:
        propose(first, texts={"sq": "Lexo te vatra.al", "en": ""})
    assert refused.value.problems.keys() == {"sq", "en"}
    assert not TextVersion.objects.exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"reason": " "}, "Say why"),
        ({"reason": "x" * 301}, "300 letters"),
        ({"wanted_from": timezone.now() - timedelta(days=1)}, "from now on"),
        ({"wanted_from": timezone.now() + timedelta(days=400)}, "from now on"),
        ({"texts": {}}, "Change something"),
        ({"key": "mail.gone"}, "no such text"),
    ],
)
def test_what_else_is_refused(more: dict[str, object], words: str, first: User) -> None:
    with pytest.raises(ValidationError, match=words):
        propose_text(**{"key": "mail.greeting", "texts": GREETING, "reason": "x", "by": first} | more)  # type: ignore[arg-type]


def test_each_version_knows_the_one_that_it_replaces(first: User, second: User) -> None:
    one = put_in_force(first, second)
    two = put_in_force(second, first, texts={"sq": "Mirëdita,", "en": "Hello,"})
    assert (one.replaces, two.replaces) == (None, one)
    assert get_last_agreed("mail.greeting") == two


def test_what_was_to_take_effect_at_a_moment_that_has_passed_does_so_at_once(first: User, second: User) -> None:
    version = propose(first, wanted_from=timezone.now() + timedelta(minutes=1))
    later = timezone.now() + timedelta(days=3)
    decide_text(version=version, agree=True, by=second, now=later)
    version.refresh_from_db()
    assert version.in_force_from == later
