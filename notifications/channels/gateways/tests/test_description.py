"""A description of a gateway is checked as a whole, in words; no text that is put into a body breaks out of it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from config.settings.gateways import get_gateway_channels, read_gateways

from ...base import Message
from ..description import HttpGateway
from ..http import build_body
from ..loading import GatewayInvalid, load

ENVIRONMENT = {"GATEWAY_KEY": "a secret of the sender", "GATEWAY_HOOK": "sixteen letters!", "SECRET_KEY": "the vault"}
PLAIN: dict[str, Any] = {
    "by": "http",
    "name": "box",
    "kind": "sms",
    "url": "https://sms.example/send",
    "headers": {"Authorization": {"env": "GATEWAY_KEY", "before": "Bearer "}},
    "body": {"content": {"to": ["{number}"], "text": "{text}", "ref": "{reference}"}},
    "success": [{"status": [200]}],
    "incoming": {"by": "token", "header": "X-Token", "secrets_env": ["GATEWAY_HOOK", "GATEWAY_HOOK_NEXT"]},
    "receipts": {"id": "id", "status": "status", "delivered": ["ok"]},
}
EXAMPLES = sorted((Path(django_settings.ROOT) / "deploy" / "gateways").glob("*.json"))
VALUES_OF_EXAMPLES = dict.fromkeys(
    ("GATEWAY_PHONE_USER", "GATEWAY_PHONE_PASSWORD", "GATEWAY_PHONE_KEY", "GATEWAY_TWILIO_SID", "GATEWAY_TWILIO_TOKEN"),
    "0123456789abcdef0123456789abcdef",
)


def changed(**changes: Any) -> dict[str, Any]:
    return {**PLAIN, **changes}


def test_a_description_is_read_with_its_secrets_which_its_text_never_shows() -> None:
    (loaded,) = load([PLAIN], ENVIRONMENT)

    assert loaded.headers == {"Authorization": "Bearer a secret of the sender"}
    assert loaded.secrets == ("sixteen letters!",)
    assert "secret of" not in repr(loaded)
    assert "sixteen" not in repr(loaded)


def test_two_secrets_are_good_while_one_replaces_the_other() -> None:
    (loaded,) = load([PLAIN], {**ENVIRONMENT, "GATEWAY_HOOK_NEXT": "another sixteen l"})

    assert loaded.secrets == ("sixteen letters!", "another sixteen l")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "http://sms.example/send"}, "https://"),
        ({"url": "https://user:pass@sms.example/"}, "no user"),
        ({"url": "https:///send"}, "needs a host"),
        ({"url": "https://sms.example:port/"}, "port"),
        ({"url": "https://sms.example/a b"}, "no address holds"),
        ({"urll": "x"}, "urll"),
        ({"name": "Box 1"}, "name"),
        ({"kind": "fax"}, "kind"),
        ({"headers": {"Host": "x"}}, "no header"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "no header may hold"),
        ({"headers": {"X-A": "{number}"}}, "no placeholder"),
        ({"headers": {"X-A": {"env": "SECRET_KEY"}}}, "GATEWAY_"),
        ({"headers": {"X-A": {"env": "GATEWAY_MISSING"}}}, "GATEWAY_MISSING isn't set"),
        ({"body": {"content": {"to": "{number}"}}}, "no {text}"),
        ({"body": {"content": {"to": "{number}", "t": "{text} {name}"}}}, "{name}"),
        ({"body": {"format": "form", "content": {"to": ["{number}"], "t": "{text}"}}}, "object of texts"),
        ({"success": []}, "success"),
        ({"success": [{}]}, "names a status"),
        ({"success": [{"path": "a"}]}, "needs values"),
        ({"success": [{"path": "a..b", "values": ["x"]}]}, "no path"),
        ({"incoming": None}, "need `incoming`"),
        ({"receipts": {"status": "s", "delivered": ["ok"]}}, "id or a reference"),
        ({"receipts": {"id": "i", "status": "s", "delivered": ["ok"], "failed": ["ok"]}}, "failed as well"),
        ({"keys": {"key": "digits", "id": "id"}}, "kind voice"),
        ({"basic_auth": {"user_env": "GATEWAY_KEY", "password_env": "GATEWAY_KEY"}}, "exclude"),
        ({"incoming": {"by": "token", "header": "X", "secrets_env": ["GATEWAY_SHORT"]}}, "at least 16"),
        ({"incoming": {"by": "signature", "header": "X", "secrets_env": ["GATEWAY_HOOK"], "hash": "sha1"}}, "sha1"),
        (
            {"incoming": {"by": "signature", "header": "X", "secrets_env": ["GATEWAY_HOOK"], "over": "body+time"}},
            "time_header",
        ),
    ],
)
def test_what_is_written_wrongly_is_said_in_words(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(GatewayInvalid) as refused:
        load([changed(**changes)], {**ENVIRONMENT, "GATEWAY_SHORT": "short"})

    assert words in str(refused.value)


def test_a_secret_that_somebody_wrote_into_the_file_is_not_repeated_in_the_error() -> None:
    with pytest.raises(GatewayInvalid) as refused:
        load([changed(headers={"X-Key": ["hunter2-hunter2"]})], ENVIRONMENT)

    assert "hunter2" not in str(refused.value)


def test_two_gateways_have_two_names() -> None:
    with pytest.raises(GatewayInvalid, match="two gateways are called box"):
        load([PLAIN, PLAIN], ENVIRONMENT)


@pytest.mark.parametrize("text", ["{", "[1", "{}", '"x"'])
def test_a_file_that_is_no_list_stops_the_start_with_a_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "gateways.json"
    file.write_text(text)

    with pytest.raises(ImproperlyConfigured, match="NOTIFICATION_GATEWAYS_FILE is no"):
        read_gateways(str(file))
    with pytest.raises(ImproperlyConfigured, match="can't be read"):
        read_gateways(str(tmp_path / "missing.json"))


def test_a_channel_is_there_only_where_a_gateway_of_its_kind_is() -> None:
    assert get_gateway_channels([]) == {}
    assert set(get_gateway_channels([PLAIN])) == {"sms"}
    assert set(get_gateway_channels([PLAIN, {**PLAIN, "kind": "voice"}])) == {"sms", "voice"}


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_examples_can_be_used_as_they_are(file: Path) -> None:
    assert load(json.loads(file.read_text()), VALUES_OF_EXAMPLES)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 2


HOSTILE = st.text(max_size=60) | st.sampled_from(['"}', "{number}", "&To=+355", "\\", '","x":"', "\r\nX: y", "{text}"])


def describe(**changes: Any) -> HttpGateway:
    (loaded,) = load([changed(**changes)], ENVIRONMENT)
    assert isinstance(loaded.description, HttpGateway)
    return loaded.description


@given(text=HOSTILE.filter(lambda text: not any("\ud800" <= letter <= "\udfff" for letter in text)))
def test_whatever_a_text_holds_it_stays_the_value_of_its_own_field(text: str) -> None:
    message = Message("<1>", "+355691234567", "", text, reference="ab" * 16)
    as_json = describe()
    as_form = describe(body={"format": "form", "content": {"To": "{number}", "Body": "{text}", "Ref": "{reference}"}})

    assert json.loads(build_body(as_json, message)[0]) == {
        "to": ["+355691234567"],
        "text": text,
        "ref": "ab" * 16,
    }
    fields = parse_qsl(build_body(as_form, message)[0].decode(), keep_blank_values=True)
    assert fields == [("To", "+355691234567"), ("Body", text), ("Ref", "ab" * 16)]


def test_a_call_of_a_drill_plays_what_says_so() -> None:
    voice = describe(
        kind="voice",
        recordings={"sq": "vatra-sq.wav", "en": "vatra-en.wav"},
        drill_recordings={"sq": "drill-sq.wav", "en": "drill-en.wav"},
        body={"content": {"to": "{number}", "play": "{text}"}},
    )
    message = Message("<1>", "+355691234567", "", "Fjalia", language="sq")
    said = [json.loads(build_body(voice, each)[0])["play"] for each in (message, replace(message, rehearses=True))]
    assert said == ["vatra-sq.wav", "drill-sq.wav"]


def test_a_call_plays_the_recording_of_its_language_where_there_is_one() -> None:
    voice = describe(
        kind="voice",
        recordings={"sq": "vatra-sq.wav", "en": "vatra-en.wav"},
        languages={"sq": "sq-AL"},
        body={"content": {"to": "{number}", "play": "{text}", "lang": "{language}", "hook": "{callback}"}},
        keys={"key": "digits", "reference": "ref"},
    )
    said = json.loads(build_body(voice, Message("<1>", "+355691234567", "", "Fjalia", language="sq"))[0])

    assert said["play"] == "vatra-sq.wav"
    assert said["lang"] == "sq-AL"
    assert said["hook"].endswith("/hooks/gateway/box/key/")
