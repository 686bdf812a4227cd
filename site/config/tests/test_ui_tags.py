"""The tags every template may use: icons, state badges, times in words."""

import copy
import pickle
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from access.languages import LocalizedText, localize_to
from notifications.outbox.states import NoticeState

from ..templatetags import ui

TIRANA = ZoneInfo("Europe/Tirane")


def rendered(source: str, **context: object) -> str:
    with translation.override("en"):
        return Template(source).render(Context(context))


@pytest.mark.parametrize("state", [*NoticeState.values, *ui.STATES])
def test_every_state_is_an_icon_a_word_and_a_colour(state: str) -> None:
    badge = rendered("{% state_badge state %}", state=state)
    assert "<svg" in badge
    assert 'aria-hidden="true"' in badge
    assert f"badge-{ui.STATES[state][2]}" in badge
    assert rendered("{% state_word state %}", state=state) in badge


def test_an_unknown_state_reads_as_itself_and_stays_text() -> None:
    assert "&lt;b&gt;" in rendered("{% state_badge state %}", state="<b>")
    assert rendered("{% state_word state %}", state="strange") == "strange"


def test_a_badge_can_say_another_word() -> None:
    assert rendered('{% state_badge "closed" "sent" %}').endswith("sent</span>")


def test_an_unknown_icon_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        ui.icon("nothing")


@pytest.mark.parametrize(("back", "words"), [(timedelta(), "today 14:05"), (timedelta(days=1), "yesterday 14:05")])
def test_a_moment_is_said_as_people_say_it(back: timedelta, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    day = datetime(2026, 11, 24, 14, 5, 9, tzinfo=TIRANA)
    monkeypatch.setattr(timezone, "localdate", lambda *_args: day.date())
    at = day - back
    assert rendered("{% clock at %}", at=at) == f'<time datetime="{at.isoformat(timespec="seconds")}">{words}</time>'
    assert words + ":09" in rendered("{% clock at seconds=True %}", at=at)


def test_older_moments_carry_their_day_and_year(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_args: datetime(2026, 11, 24, tzinfo=TIRANA).date())
    assert "3 March 08:00" in rendered("{% clock at %}", at=datetime(2026, 3, 3, 8, tzinfo=TIRANA))
    assert "3 March 2025 08:00" in rendered("{% clock at %}", at=datetime(2025, 3, 3, 8, tzinfo=TIRANA))
    assert ">3 mar 08:00<" in rendered("{% time_only at %}", at=datetime(2026, 3, 3, 8, tzinfo=TIRANA)).lower()
    assert ">08:00<" in rendered("{% time_only at %}", at=datetime(2026, 11, 24, 8, tzinfo=TIRANA))


def test_albanian_writes_its_months_small() -> None:
    with translation.override("sq"):
        words = ui.moment_in_words(datetime(2020, 3, 3, 8, tzinfo=TIRANA))
    assert words == words.lower()


@pytest.mark.parametrize("source", ["{% clock at %}", "{% time_only at %}", "{% ago at %}", "{{ at|until }}"])
def test_no_time_is_nothing(source: str) -> None:
    assert rendered(source, at=None) == ""


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=119), "1 minute"),
        (timedelta(minutes=89), "89 minutes"),
        (timedelta(minutes=90), "1 hour"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_a_length_of_time_is_rounded_down(span: timedelta, words: str) -> None:
    with translation.override("en"):
        assert ui.span_in_words(span) == words


def test_how_long_ago_and_until_and_after() -> None:
    now = timezone.now()
    assert "just now" in rendered("{% ago at %}", at=now + timedelta(seconds=5))
    assert "3 minutes ago" in rendered("{% ago at %}", at=now - timedelta(minutes=3, seconds=5))
    assert rendered("{{ at|until }}", at=now + timedelta(minutes=4, seconds=5)) == "4 minutes"
    assert rendered("{{ at|until }}", at=now + timedelta(seconds=5)) == "1 minute"
    assert rendered("{{ at|until }}", at=now) == ""
    assert rendered("{{ at|after:since }}", at=now + timedelta(seconds=0.44), since=now) == "0.4 s"
    assert rendered("{{ at|after:since }}", at=now + timedelta(seconds=90), since=now) == "1 minute"
    assert rendered("{{ at|after:since }}", at=now, since=None) == ""
    assert rendered("{{ 5|minutes }} {{ gone|minutes }}{{ none|minutes }}", gone=-5, none=None) == "5 minutes 5 minutes"


def test_a_text_of_a_form_is_marked_where_its_language_is_not_the_pages() -> None:
    foreign, own, plain = LocalizedText("Po <3", "sq"), LocalizedText("Yes", "en"), "Maybe"
    assert rendered("{{ text|said }}", text=foreign) == '<span lang="sq">Po &lt;3</span>'
    assert rendered("{{ text|said }}", text=own) == "Yes"
    assert rendered("{{ text|said }}", text=plain) == "Maybe"
    assert rendered("<b{{ text|lang_of }}>", text=foreign) == '<b lang="sq">'
    assert rendered("<b{{ text|lang_of }}>", text=own) == "<b>"


@pytest.mark.parametrize(
    ("texts", "wanted", "language"),
    [
        ({"sq": "Po", "fr": "Oui"}, "fr", "fr"),
        ({"sq": "Po", "en": "Yes"}, "en-GB", "en"),
        ({"sq": "Po", "en-GB": "Aye"}, "en-GB", "en-GB"),
        ({"sq": "Po", "de": "Ja"}, "fr", "sq"),
        ({"de": "Ja"}, "fr", "de"),
        ({"fr": "", "de": "Ja"}, "fr", "de"),
        ({}, "fr", ""),
    ],
)
def test_a_text_falls_back_by_itself_and_knows_its_language(texts: dict[str, str], wanted: str, language: str) -> None:
    said = localize_to(texts, wanted)
    assert (said, said.language) == (texts.get(language, ""), language)


def test_a_text_survives_copying_and_pickling_with_its_language() -> None:
    copied = pickle.loads(pickle.dumps(LocalizedText("Po", "sq")))  # noqa: S301
    assert (copied, copied.language) == ("Po", "sq")
    assert copy.deepcopy(copied).language == "sq"
