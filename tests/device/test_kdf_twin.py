"""A PIN gives the bytes that Argon2id and PBKDF2 give elsewhere, and without Argon2's file the phone says so."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

from argon2.low_level import Type, hash_secret_raw

from tests.node import find_node

from .rig import ARGON2

SCRIPT = Path(__file__).resolve().parents[1] / "js" / "device" / "kdf_twin.mjs"
SALT = bytes(range(16))
PINS = ["274916", " 274916 ", "shtegu i gjatë në mal"]
ARGON2ID = {"name": "argon2id", "memory": 19456, "passes": 2, "lanes": 1, "salt": SALT.hex()}
PBKDF2 = {"name": "pbkdf2-sha256", "passes": 600_000, "salt": SALT.hex()}


def run_twin(script: str, kdf: dict[str, Any]) -> tuple[bool, list[str]]:
    given = json.dumps({"script": script, "cases": [{"pin": pin, "kdf": kdf} for pin in PINS]})
    found = subprocess.run([find_node(), str(SCRIPT)], input=given, capture_output=True, text=True, check=True)
    answer = json.loads(found.stdout)
    return answer["hasArgon2"], answer["answers"]


def test_argon2id_is_what_others_make_of_it() -> None:
    has_argon2, answers = run_twin(ARGON2.as_uri(), ARGON2ID)
    assert has_argon2
    for pin, answer in zip(PINS, answers, strict=True):
        secret = pin.strip().encode()
        wanted = hash_secret_raw(secret, SALT, time_cost=2, memory_cost=19456, parallelism=1, hash_len=32, type=Type.ID)
        assert answer == wanted.hex()


def test_pbkdf2_is_what_others_make_of_it() -> None:
    _has_argon2, answers = run_twin("", PBKDF2)
    for pin, answer in zip(PINS, answers, strict=True):
        assert answer == hashlib.pbkdf2_hmac("sha256", pin.strip().encode(), SALT, 600_000).hex()


def test_without_its_file_a_phone_set_up_with_argon2id_is_refused_in_words() -> None:
    has_argon2, answers = run_twin("file:///nothing/here.js", ARGON2ID)
    assert not has_argon2
    assert answers == [b"no-kdf".hex()] * len(PINS)
