"""What comes in counts only with what its gateway alone knows, and is read without believing anything of its shape."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..description import HttpGateway, Signature
from ..incoming import MAX_ENTRIES, Key, Receipt, Request, Sms, is_genuine, read_keys, read_receipts, read_replies, sign
from ..loading import Loaded, load

URL = "https://vatra.example/hooks/gateway/box/receipt/"
OLD, NEW, WRONG = "the old secret ..", "the new secret ..", "a secret of no one"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
RULES: dict[str, dict[str, Any]] = {
    "body": {"over": "body", "hash": "sha512", "encoding": "base64", "before": "sha512="},
    "body+time": {"over": "body+time", "time_header": "X-Time"},
    "time.body": {"over": "time.body", "time_header": "X-Time", "before": "v1="},
    "url+form": {"over": "url+form", "hash": "sha1", "encoding": "base64"},
}


def describe(rule: dict[str, Any], /, **changes: Any) -> Loaded:
    written = {
        "by": "http",
        "name": "box",
        "kind": "sms",
        "url": "https://sms.example/",
        "body": {"content": {"to": "{number}", "text": "{text}"}},
        "success": [{"status": [200]}],
        "incoming": {"secrets_env": ["GATEWAY_NEW", "GATEWAY_OLD"], "header": "X-Sign", **rule},
        "receipts": {
            "each": "results",
            "id": "id",
            "reference": "ref",
            "status": "state.name",
            "delivered": ["ok", "7"],
            "failed": ["lost", "false"],
        },
        "replies": {"each": "results", "id": "id", "sender": "from", "text": "text"},
        **changes,
    }
    return load([written], {"GATEWAY_NEW": NEW, "GATEWAY_OLD": OLD})[0]


def as_http(loaded: Loaded) -> HttpGateway:
    assert isinstance(loaded.description, HttpGateway)
    return loaded.description


def ask(body: bytes, header: str = "", *, content_type: str = JSON, at: str = "1000", url: str = URL) -> Request:
    return Request(url, content_type, {"x-sign": header, "x-time": at}, body)


@pytest.mark.parametrize("over", RULES)
def test_a_signature_by_either_secret_is_good_and_any_change_ends_that(over: str) -> None:
    loaded = describe({"by": "signature", **RULES[over]})
    rule = as_http(loaded).incoming
    assert isinstance(rule, Signature)
    kind = FORM if over == "url+form" else JSON
    body = b"b=2&a=1" if kind == FORM else b'{"a": 1}'
    for secret in (NEW, OLD):
        request = ask(body, sign(rule, secret, ask(body, content_type=kind)), content_type=kind)
        assert is_genuine(loaded, request, now=1010)
    good = sign(rule, NEW, ask(body, content_type=kind))
    wrong = sign(rule, WRONG, ask(body, content_type=kind))
    forged = [
        ask(body, wrong, content_type=kind),
        ask(body, "", content_type=kind),
        ask(body, good[:-2], content_type=kind),
        ask(body, good + "é", content_type=kind),
        ask(body.replace(b"1", b"3"), good, content_type=kind),
    ]
    if "time" in over:
        forged += [ask(body, good, at=at) for at in ("1001", "", "x", "١٠٠٠", "9" * 40)]
    if over == "url+form":
        forged.append(ask(body, good, content_type=kind, url=URL + "x"))
    assert [request for request in forged if is_genuine(loaded, request, now=1010)] == []


@pytest.mark.parametrize("now", [699, 1301])
def test_a_signature_that_is_older_than_five_minutes_is_none(now: float) -> None:
    loaded = describe({"by": "signature", **RULES["body+time"]})
    rule = as_http(loaded).incoming
    assert isinstance(rule, Signature)

    request = ask(b"{}", sign(rule, NEW, ask(b"{}")))

    assert is_genuine(loaded, request, now=1000)
    assert not is_genuine(loaded, request, now=now)


def test_a_token_is_compared_as_a_whole() -> None:
    loaded = describe({"by": "token", "before": "Bearer "})

    assert is_genuine(loaded, ask(b"", f"Bearer {OLD}"))
    assert is_genuine(loaded, ask(b"", f"Bearer {NEW}"))
    for given_ in ("", "Bearer ", NEW, f"Bearer {NEW}x", f"Bearer {NEW[:-1]}", f"bearer {NEW}", "Bearer \udcff"):
        assert not is_genuine(loaded, ask(b"", given_))


def test_a_gateway_that_sends_nothing_has_nothing_that_is_good() -> None:
    loaded = describe({"by": "token"}, incoming=None, receipts=None, replies=None)

    assert not is_genuine(loaded, ask(b"", ""))


def test_receipts_say_delivered_failed_or_nothing_yet() -> None:
    entries = [
        {"id": "a", "state": {"name": "ok"}},
        {"id": 5, "state": {"name": 7}},
        {"ref": "r", "state": {"name": "lost"}},
        {"id": "b", "state": {"name": False}},
        {"id": "c", "state": {"name": "sent"}},
        {"id": "d"},
        {"state": {"name": "ok"}},
        {"id": "x" * 101, "state": {"name": "ok"}},
        "ok",
        None,
    ]
    gateway = as_http(describe({"by": "token"}))

    assert list(read_receipts(gateway, {"results": entries})) == [
        Receipt("a", "", True),
        Receipt("5", "", True),
        Receipt("", "r", False),
        Receipt("b", "", False),
        Receipt("c", "", None),
        Receipt("d", "", None),
    ]
    assert len(list(read_receipts(gateway, {"results": entries[:1] * (MAX_ENTRIES + 1)}))) == MAX_ENTRIES


def test_an_sms_without_a_sender_or_an_id_is_left_out() -> None:
    gateway = as_http(describe({"by": "token"}))
    entries = [
        {"id": "1", "from": "+355691234567", "text": "7K2M9-4XQ PO"},
        {"from": "+355691234567", "text": "x"},
        {"id": "2"},
    ]

    assert list(read_replies(gateway, {"results": entries})) == [Sms("1", "+355691234567", "7K2M9-4XQ PO")]


def test_a_key_is_read_from_a_form_too() -> None:
    gateway = as_http(describe({"by": "token"}, kind="voice", replies=None, keys={"key": "Digits", "id": "CallSid"}))

    assert list(read_keys(gateway, ask(b"CallSid=c1&Digits=1", content_type=FORM + "; charset=utf-8").get_data())) == [
        Key("c1", "", "1")
    ]
    assert list(read_keys(gateway, ask(b"Digits=1", content_type=FORM).get_data())) == []


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["results", "id", "ref", "state", "name", "from", "text", "0"]), inner)
    ),
    max_leaves=20,
)


@given(data=ANYTHING)
def test_no_shape_of_what_comes_in_is_a_fault(data: Any) -> None:
    gateway = as_http(describe({"by": "token"}))
    read = ask(json.dumps(data).encode()).get_data()

    for receipt in read_receipts(gateway, read):
        assert receipt.id or receipt.reference
    for sms in read_replies(gateway, read):
        assert sms.id
        assert sms.sender


@given(body=st.binary(max_size=200), form=st.booleans())
def test_no_bytes_are_a_fault(body: bytes, form: bool) -> None:
    request = ask(body, content_type=FORM if form else JSON)

    assert list(read_receipts(as_http(describe({"by": "token"})), request.get_data())) is not None
    assert not is_genuine(describe({"by": "signature", **RULES["url+form"]}), request)
