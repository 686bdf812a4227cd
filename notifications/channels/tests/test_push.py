"""The push channel against a push service that checks and decrypts as a real one and a browser would."""

import json
import time
from contextlib import contextmanager
from io import StringIO

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from config.sandbox import push_service

from .. import vapid
from ..base import Message, PayloadError, RecipientGone, RecipientRefused, Unreached, get_channel
from ..outgoing_http import parse_endpoint
from ..push import (
    PADDED,
    BadSubscription,
    PushChannel,
    Subscription,
    build_payload,
    encrypt,
    read_subscription,
)
from .servers import receiver

LINK = "https://vatra.example/n/token/"


def message(secret: dict, **fields) -> Message:
    given = {"language": "sq", "link": LINK, "code": "7K2M9-4XQ", "reference": "a" * 32}
    return Message("<1@vatra.example>", "Telefoni im", "Vatra", "Një njoftim pret.", secret=secret, **(given | fields))


def subscription_of(phone: dict) -> dict:
    return {"endpoint": phone["endpoint"], **phone["keys"]}


@contextmanager
def service(folder):
    """A receiver on loopback, one phone there, and what came: `take()` hands it to the stand-in, or raises Refused."""
    with receiver((201, {})) as there:
        origin = f"http://127.0.0.1:{there.port}"
        phone = push_service.make_phone(folder, f"{origin}/", vapid.get_public_key())
        name = phone["endpoint"].rstrip("/").rsplit("/", 1)[1]

        def take(**changes):
            sent = there.requests[-1]
            return push_service.receive(folder, name, sent.headers | changes, sent.content, origin=origin)

        yield there, subscription_of(phone), take


def test_the_settings_name_this_channel():
    assert isinstance(get_channel("push"), PushChannel)


def test_a_phone_shows_that_a_notice_waits_and_opens_its_link(tmp_path):
    with service(tmp_path) as (there, secret, take):
        taken = PushChannel().send(message(secret))
        shown = take()
    assert (shown["title"], shown["body"], shown["lang"], shown["link"]) == ("Vatra", "Një njoftim pret.", "sq", LINK)
    assert taken.provider == "127.0.0.1"
    assert there.requests[0].headers["ttl"] == "3600"
    assert there.requests[0].headers["urgency"] == "high"


def test_the_push_service_learns_nothing_of_the_notice(tmp_path):
    with service(tmp_path) as (there, secret, _take):
        PushChannel().send(message(secret))
    sent = there.requests[0]
    seen = sent.content + json.dumps(sent.headers).encode()
    for hidden in (b"Vatra", b"njoftim", b"7K2M9", b"token", b"a" * 32):
        assert hidden not in seen
    assert set(sent.headers) == {
        "host", "content-length", "authorization", "content-encoding", "content-type", "ttl", "urgency", "topic",
    }  # fmt: skip


def test_every_push_has_one_length_whatever_it_says(tmp_path):
    with service(tmp_path) as (there, secret, _take):
        PushChannel().send(message(secret))
        PushChannel().send(message(secret, link=LINK + "x" * 200))
    first, second = (len(each.content) for each in there.requests)
    assert first == second


def test_each_attempt_has_the_same_topic_and_another_key_and_salt(tmp_path):
    with service(tmp_path) as (there, secret, _take):
        for _again in range(2):
            PushChannel().send(message(secret))
        PushChannel().send(message(secret, reference="b" * 32))
    first, again, other = there.requests
    assert first.headers["topic"] == again.headers["topic"] != other.headers["topic"]
    assert len(first.headers["topic"]) == 32
    assert first.content[:86] != again.content[:86]


@pytest.mark.parametrize(
    "changes",
    [
        {"authorization": ""},
        {"authorization": "vapid t=a.b.c, k=d"},
        {"ttl": ""},
        {"content-encoding": "aesgcm"},
        {"topic": "x" * 33},
    ],
)
def test_the_stand_in_refuses_what_a_push_service_refuses(tmp_path, changes):
    with service(tmp_path) as (_there, secret, take):
        PushChannel().send(message(secret))
        with pytest.raises(push_service.Refused):
            take(**changes)


def test_a_token_of_another_key_of_another_service_or_of_yesterday_is_refused(tmp_path, settings):
    with service(tmp_path) as (there, secret, take):
        PushChannel().send(message(secret))
        name = secret["endpoint"].rstrip("/").rsplit("/", 1)[1]
        sent = there.requests[-1]
        origin = secret["endpoint"].rsplit("/", 2)[0]
        for changed in ({"origin": "https://other.example"}, {"at": time.time() + 13 * 3600}):
            with pytest.raises(push_service.Refused) as refused:
                push_service.receive(tmp_path, name, sent.headers, sent.content, **({"origin": origin} | changed))
            assert refused.value.status == 401
        settings.VAPID_PRIVATE_KEY = vapid.make_private_key()
        PushChannel().send(message(secret))
        with pytest.raises(push_service.Refused) as refused:
            take()
        assert refused.value.status == 403


def test_what_is_encrypted_for_another_phone_opens_on_none(tmp_path):
    with service(tmp_path) as (_there, secret, take):
        other = push_service.make_phone(tmp_path, "http://127.0.0.1/", vapid.get_public_key())
        PushChannel().send(message(secret | other["keys"]))
        with pytest.raises(push_service.Refused) as refused:
            take()
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (410, RecipientGone),
        (404, RecipientGone),
        (403, RecipientRefused),
        (413, PayloadError),
        (429, Unreached),
        (503, Unreached),
    ],
)
def test_what_the_push_service_answers_becomes_the_kind_of_failure(tmp_path, status, error):
    with service(tmp_path) as (there, secret, _take):
        there.answers = [(status, {"retry-after": "30"})]
        with pytest.raises(error) as failed:
            PushChannel().send(message(secret))
    assert type(failed.value) is error
    if error is Unreached:
        assert failed.value.wait == 30.0


def test_an_endpoint_inside_our_network_is_refused(settings, tmp_path):
    with service(tmp_path) as (there, secret, _take):
        settings.LOOPBACK_ENDPOINTS = False
        with pytest.raises(RecipientRefused):
            PushChannel().send(message(secret))
        assert there.requests == []


def good() -> dict:
    key = ec.generate_private_key(ec.SECP256R1())
    point = vapid.encode(
        key.public_key().public_bytes(encoding=vapid.Encoding.X962, format=vapid.PublicFormat.UncompressedPoint)
    )
    return {"endpoint": "https://push.example/1", "p256dh": point, "auth": vapid.encode(b"x" * 16)}


@pytest.mark.parametrize(
    "changed",
    [
        {"endpoint": "http://push.example/1"},
        {"endpoint": None},
        {"p256dh": vapid.encode(b"\x04" + b"\x01" * 64)},  # no point of the curve
        {"p256dh": vapid.encode(b"\x02" + b"\x01" * 32)},
        {"p256dh": ""},
        {"auth": vapid.encode(b"x" * 15)},
        {"auth": "!!!"},
        {"auth": ["x"]},
    ],
)
def test_what_is_no_subscription_is_refused_when_it_comes_in(changed):
    read_subscription(good())
    with pytest.raises(BadSubscription):
        read_subscription(good() | changed)


@given(st.dictionaries(st.sampled_from(["endpoint", "p256dh", "auth", "x"]), st.text() | st.none() | st.integers()))
def test_nothing_that_a_browser_sends_raises_anything_else(values):
    with pytest.raises(BadSubscription):
        read_subscription(values)


def test_the_example_of_rfc_8291_comes_out():
    """Appendix A: its keys and salt through the library that encrypts, to its bytes."""
    receiver_key = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    sender = int.from_bytes(vapid.decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    found = http_ece.encrypt(
        b"When I grow up, I want to be a watermelon",
        salt=vapid.decode("DGv6ra1nlYgDCS1FRnbzlw"),
        private_key=ec.derive_private_key(sender, ec.SECP256R1()),
        dh=vapid.decode(receiver_key),
        auth_secret=vapid.decode("BTBZMqHH6r4Tts7J_aSIgg"),
        version="aes128gcm",
    )
    assert vapid.encode(found) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_a_text_that_is_too_long_is_our_fault_and_never_cut():
    with pytest.raises(PayloadError):
        build_payload(message({}, link=LINK + "x" * PADDED))


def test_the_command_prints_a_key_that_signs(settings):
    out = StringIO()
    call_command("vapid_key", stdout=out)
    settings.VAPID_PRIVATE_KEY = out.getvalue().strip()
    assert len(vapid.decode(vapid.get_public_key())) == 65
    assert vapid.build_authorization(parse_endpoint("https://push.example/1")).startswith("vapid t=")


@pytest.mark.parametrize("key", ["", "x", "!!!", "A" * 200])
def test_a_key_that_is_none_is_our_fault_and_is_quoted_nowhere(settings, key):
    settings.VAPID_PRIVATE_KEY = key
    with pytest.raises(PayloadError) as failed:
        vapid.get_public_key()
    assert failed.value.__cause__ is None


def test_no_repr_shows_where_a_phone_is_woken():
    found = read_subscription(good())
    assert "push.example" not in repr(found)
    assert isinstance(found, Subscription)
    assert encrypt(found, b"x") != encrypt(found, b"x")
