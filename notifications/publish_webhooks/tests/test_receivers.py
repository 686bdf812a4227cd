"""Receivers of the settings: what can't be used is said in words, and no secret is. docs/webhooks.md"""

import base64
import json

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings.gateways import read_publish_webhooks

from ..checks import receivers_can_be_used
from ..receivers import ReceiverInvalid, is_key, load

KEY = "whsec_" + base64.b64encode(b"k" * 32).decode()
SECRETS = {"PUBLISH_WEBHOOK_KEY": KEY, "PUBLISH_WEBHOOK_URL": "https://build.example/hooks/hidden-word"}
GOOD = {"name": "front", "url": "https://build.example/hook", "keys_env": ["PUBLISH_WEBHOOK_KEY"]}


def test_a_receiver_with_its_secrets_from_the_environment():
    found, hidden = load(
        [GOOD, {"name": "other", "url_env": "PUBLISH_WEBHOOK_URL", "keys_env": ["PUBLISH_WEBHOOK_KEY"]}], SECRETS
    )
    assert (found.name, found.endpoint.url, found.keys) == ("front", "https://build.example/hook", (KEY,))
    assert hidden.endpoint.url == SECRETS["PUBLISH_WEBHOOK_URL"]
    assert "hidden-word" not in repr(hidden)
    assert KEY not in repr(found)


def test_while_a_key_is_changed_there_are_two():
    names = ["PUBLISH_WEBHOOK_KEY", "PUBLISH_WEBHOOK_NEXT"]
    other = "whsec_" + base64.b64encode(b"n" * 32).decode()
    assert load([GOOD | {"keys_env": names}], SECRETS)[0].keys == (KEY,)
    assert load([GOOD | {"keys_env": names}], SECRETS | {"PUBLISH_WEBHOOK_NEXT": other})[0].keys == (KEY, other)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "Front End"}, "receiver 1, name: has small letters"),
        ({"url": "http://build.example/hook"}, "front: its address can't be used (endpoint_not_https)"),
        ({"url": "https://10.0.0.5/hook"}, "endpoint_not_public"),
        ({"url": "https://169.254.169.254/"}, "endpoint_not_public"),
        ({"url": "https://someone:hidden@build.example/"}, "endpoint_unreadable"),
        ({"url": ""}, "give either url or url_env"),
        ({"url_env": "PUBLISH_WEBHOOK_URL"}, "give either url or url_env"),
        ({"keys_env": []}, "receiver 1, keys_env"),
        ({"keys_env": ["VAULT_KEYS"]}, "doesn't begin with PUBLISH_WEBHOOK_"),
        ({"keys_env": ["PUBLISH_WEBHOOK_NONE"]}, "the variable PUBLISH_WEBHOOK_NONE isn't set"),
        ({"keys_env": ["PUBLISH_WEBHOOK_URL"]}, "a key is whsec_"),
        ({"secret": KEY}, "receiver 1, secret"),
    ],
)
def test_what_cannot_be_used_is_said_without_its_value(settings, change, said):
    settings.LOOPBACK_ENDPOINTS = False
    with pytest.raises(ReceiverInvalid) as refused:
        load([GOOD | change], SECRETS)
    assert said in str(refused.value)
    for secret in (KEY, "hidden"):
        assert secret not in str(refused.value)


def test_two_of_one_name_and_too_many_are_refused():
    with pytest.raises(ReceiverInvalid, match="two receivers are called front"):
        load([GOOD, GOOD], SECRETS)
    with pytest.raises(ReceiverInvalid, match="more than 10"):
        load([GOOD | {"name": f"front-{number}"} for number in range(11)], SECRETS)


def test_the_start_says_what_is_wrong(settings):
    settings.PUBLISH_WEBHOOKS = []
    assert receivers_can_be_used(None) == []
    settings.PUBLISH_WEBHOOKS = [GOOD | {"keys_env": ["PUBLISH_WEBHOOK_NONE"]}]
    (error,) = receivers_can_be_used(None)
    assert error.msg == "PUBLISH_WEBHOOKS_FILE: front: the variable PUBLISH_WEBHOOK_NONE isn't set"


def test_the_file_is_a_list(tmp_path):
    file = tmp_path / "receivers.json"
    assert read_publish_webhooks("") == []
    file.write_text(json.dumps([GOOD]))
    assert read_publish_webhooks(str(file)) == [GOOD]
    for text, said in (("{}", "no list of receivers"), ("[", "no JSON")):
        file.write_text(text)
        with pytest.raises(ImproperlyConfigured, match=f"PUBLISH_WEBHOOKS_FILE is {said}"):
            read_publish_webhooks(str(file))


def test_a_key_is_one_of_the_standard():
    assert is_key(KEY)
    for wrong in ("", "whsec_", "whsec_!!!!", base64.b64encode(b"k" * 32).decode(), "whsec_a2V5"):
        assert not is_key(wrong)
