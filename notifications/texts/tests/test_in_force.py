"""Which text is in force, and that a bad one never costs a notice."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from structlog.testing import capture_logs

from access.models import User
from audit import clock
from audit.models import AuditEntry
from notifications.outbox.delivery import send_due
from notifications.outbox.messages import build_message
from notifications.outbox.models import Attempt
from tests.world.notices import notify_officer

from .. import in_force
from ..actions import decide_text
from ..in_force import Wording, find_broken, get_in_force, get_shipped, kept
from ..models import TextVersion
from ..registry import TEXTS
from .people import GREETING, propose, put_in_force

pytestmark = pytest.mark.django_db


def greet(language: str = "sq", after: timedelta = timedelta(0)) -> str:
    return Wording(language, timezone.now() + after).say("mail.greeting")


def store(first: User, second: User, key: str, texts: object) -> TextVersion:
    """Lay down a version as a release before this one may have taken it, whatever today's checks say."""
    moment = timezone.now()
    version = TextVersion.objects.create(
        key=key,
        texts=texts,
        proposed_by=first,
        decision="agreed",
        decided_by=second,
        decided_at=moment,
        in_force_from=moment,
    )
    kept.forget()
    return version


def test_an_empty_table_says_what_is_shipped() -> None:
    assert {key: get_in_force(key, timezone.now()) for key in TEXTS} == dict.fromkeys(TEXTS)
    assert greet() == "I nderuar koleg, e nderuar kolege,"
    assert greet("en") == "Dear colleague,"
    assert greet("xx") == greet("sq")


def test_what_two_agreed_to_is_said_from_then_on(first: User, second: User) -> None:
    version = propose(first)
    kept.forget()
    assert greet() == get_shipped("mail.greeting", "sq")
    decide_text(version=version, agree=True, by=second)
    kept.forget()
    assert (greet(), greet("en")) == (GREETING["sq"], GREETING["en"])


def test_a_later_moment_takes_effect_on_time_without_reading_again(first: User, second: User) -> None:
    put_in_force(first, second, wanted_from=timezone.now() + timedelta(hours=2))
    assert greet() == get_shipped("mail.greeting", "sq")
    with CaptureQueriesContext(connection) as queries:
        assert greet(after=timedelta(hours=3)) == GREETING["sq"]
    assert len(queries) == 0


def test_back_to_what_is_shipped(first: User, second: User) -> None:
    put_in_force(first, second)
    put_in_force(second, first, texts={})
    assert greet() == get_shipped("mail.greeting", "sq")


def test_a_batch_reads_the_texts_once(first: User, second: User) -> None:
    put_in_force(first, second)
    with CaptureQueriesContext(connection) as queries:
        for _each in range(50):
            greet()
    assert len(queries) == 1


def test_another_process_reads_them_again_after_some_seconds(first: User, second: User, monkeypatch) -> None:
    greet()
    decide_text(version=propose(first), agree=True, by=second)
    assert greet() == get_shipped("mail.greeting", "sq")
    monkeypatch.setattr(in_force, "KEPT_SECONDS", 0.0)
    assert greet() == GREETING["sq"]


def test_a_story_says_what_is_shipped(first: User, second: User) -> None:
    put_in_force(first, second)
    with clock.imagine_time(timezone.now()):
        assert greet() == get_shipped("mail.greeting", "sq")


@pytest.mark.parametrize(
    "texts", [{"sq": "Lexo te vatra.al", "en": "See vatra.al"}, {"sq": "{name}"}, ["x"], {"sq": 7}, "x"]
)
def test_a_text_that_no_longer_fits_is_passed_over_and_reported(texts: object, first: User, second: User) -> None:
    version = store(first, second, "mail.greeting", texts)
    with capture_logs() as logs:
        assert greet() == get_shipped("mail.greeting", "sq")
    (line,) = [each for each in logs if each["event"] == "text_no_longer_fits"]
    assert line == {
        "event": "text_no_longer_fits",
        "log_level": "error",
        "text": "mail.greeting",
        "version": version.pk,
    }
    assert [each.number for each in find_broken(timezone.now())] == [version.pk]


def test_a_row_that_breaks_a_check_stops_nobody(first: User, second: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_each: object) -> bool:
        raise RecursionError

    store(first, second, "mail.greeting", GREETING)
    monkeypatch.setattr(in_force, "does_fit", broken)
    kept.forget()
    assert greet() == get_shipped("mail.greeting", "sq")


def test_a_text_that_a_release_took_out_harms_nothing(first: User, second: User) -> None:
    store(first, second, "mail.gone", GREETING)
    assert greet() == get_shipped("mail.greeting", "sq")
    assert find_broken(timezone.now()) == []


def test_a_language_that_the_version_has_not_is_said_as_shipped(first: User, second: User, monkeypatch) -> None:
    store(first, second, "mail.greeting", {"sq": "Përshëndetje,"})
    monkeypatch.setattr(in_force, "does_fit", lambda *_each: True)
    kept.forget()
    assert (greet("sq"), greet("en")) == ("Përshëndetje,", "Dear colleague,")


def test_an_attempt_says_which_versions_its_mail_was_worded_with(staffed, first: User, second: User) -> None:
    plain = notify_officer(staffed)
    send_due([str(plain.pk)])
    assert Attempt.objects.get(notice=plain).texts == ""
    greeting = put_in_force(first, second)
    code = put_in_force(first, second, "mail.code", {"sq": "Kodi është {code}", "en": "The code is {code}"})
    changed = notify_officer(staffed)
    send_due([str(changed.pk)])
    assert Attempt.objects.get(notice=changed).texts == f"{greeting.pk} {code.pk}"
    assert GREETING["sq"] in mail.outbox[-1].body
    assert f"Kodi është {changed.code}" in mail.outbox[-1].body


def test_a_notice_goes_out_whatever_became_of_a_text(staffed, first: User, second: User, monkeypatch) -> None:
    store(first, second, "mail.greeting", {"sq": "Kodi {code},", "en": "Code {code},"})
    monkeypatch.setattr(in_force, "does_fit", lambda *_each: True)
    kept.forget()
    with capture_logs() as logs:
        assert send_due([str(notify_officer(staffed).pk)]) == 1
    assert get_shipped("mail.greeting", "sq") in mail.outbox[-1].body
    assert [each["placeholder"] for each in logs if each["event"] == "text_not_filled"] == ["code"]


def test_what_a_colleague_calls_a_unit_leads_nobody_elsewhere(staffed) -> None:
    notice = notify_officer(staffed)
    from access.models import MobileUnit

    notice.unit = MobileUnit.objects.create(
        slug="x", name="Shko te\nvatra-al.com", region=staffed.country.vlore.region, callback_phone="+355 33 000 111"
    )
    text = build_message(notice, notice.contact, now=timezone.now()).text
    assert "vatra-al" not in text
    assert "Njësia lëvizëse: +355 33 000 111" in text


def test_nobody_alone_can_write_what_is_in_force_into_the_table(first: User) -> None:
    moment = timezone.now()
    with pytest.raises(DatabaseError):
        TextVersion.objects.create(
            key="mail.greeting", texts=GREETING, proposed_by=first, decision="agreed",
            decided_by=first, decided_at=moment, in_force_from=moment,
        )  # fmt: skip


@pytest.mark.parametrize("fields", [{"texts": {"sq": "x"}}, {"key": "mail.code"}])
def test_a_version_never_changes(fields: dict[str, object], first: User) -> None:
    version = propose(first)
    with pytest.raises(DatabaseError):
        TextVersion.objects.filter(pk=version.pk).update(**fields)


def test_the_chain_says_who_and_which_and_no_words(first: User, second: User) -> None:
    version = put_in_force(first, second)
    entries = AuditEntry.objects.filter(target_id=str(version.pk), action__startswith="text.")
    assert set(entries.values_list("action", flat=True)) == {"text.proposed", "text.agreed"}
    assert GREETING["sq"] not in str(list(entries.values()))
