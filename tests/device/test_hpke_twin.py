"""What a phone seals is opened by the service's library, and the other way round."""

import json
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.node import find_node

SCRIPT = Path(__file__).resolve().parents[1] / "js" / "device" / "hpke_twin.mjs"
SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def run_twin(cases: list[dict[str, str]]) -> list[dict[str, str]]:
    found = subprocess.run(
        [find_node(), str(SCRIPT)], input=json.dumps(cases), capture_output=True, text=True, check=True
    )
    answers: list[dict[str, str]] = json.loads(found.stdout)
    return answers


def to_text(value: bytes) -> str:
    return b64encode(value).decode()


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def make_case(plain: bytes, info: bytes) -> tuple[ec.EllipticCurvePrivateKey, dict[str, str]]:
    key = ec.generate_private_key(ec.SECP256R1())
    return key, {
        "secret": to_text(key.private_numbers().private_value.to_bytes(32, "big")),
        "point": to_text(point_of(key)),
        "info": to_text(info),
        "plain": to_text(plain),
        "sealed": to_text(SUITE.encrypt(plain, key.public_key(), info=info)),
    }


BYTES = st.binary(max_size=2000)


@settings(max_examples=10, deadline=None)
@given(cases=st.lists(st.tuples(BYTES, BYTES), min_size=1, max_size=10))
def test_both_open_what_the_other_sealed(cases: list[tuple[bytes, bytes]]) -> None:
    made = [make_case(plain, info) for plain, info in cases]
    answers = run_twin([case for _key, case in made])
    for (plain, info), (key, _case), answer in zip(cases, made, answers, strict=True):
        assert b64decode(answer["plain"]) == plain
        assert SUITE.decrypt(b64decode(answer["sealed"]), key, info=info) == plain


def test_an_envelope_of_many_kilobytes_opens() -> None:
    plain = bytes(range(256)) * 12_000
    key, case = make_case(plain, b"vatra sealed file 1\na\nb\nk1")
    (answer,) = run_twin([case])
    assert SUITE.decrypt(b64decode(answer["sealed"]), key, info=b"vatra sealed file 1\na\nb\nk1") == plain


@pytest.mark.parametrize("change", ["cut", "flipped", "purpose"])
def test_what_was_changed_is_opened_by_neither(change: str) -> None:
    _key, case = make_case(b"words", b"purpose")
    sealed = bytearray(b64decode(case["sealed"]))
    if change == "cut":
        del sealed[-1]
    if change == "flipped":
        sealed[70] ^= 1
    broken: dict[str, Any] = {**case, "sealed": to_text(bytes(sealed))}
    if change == "purpose":
        broken["info"] = to_text(b"another")
    (answer,) = run_twin([broken])
    assert answer["plain"] == "refused"
