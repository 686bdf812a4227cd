"""The solver in the page and the server agree: its SHA-256 is SHA-256, and its proofs prove."""

import hashlib
import json
import secrets
import subprocess
from pathlib import Path

from tests.node import find_node

from .. import proof_of_work

SCRIPTS = Path(__file__).parents[3] / "static" / "js" / "asking"


def run(script: str, given: object) -> str:
    done = subprocess.run(
        [find_node(), "--input-type=module", "-e", script],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


READ = "const given = JSON.parse((await import('node:fs')).readFileSync(0, 'utf8'));"


def test_its_hashes_are_those_of_everybody() -> None:
    texts = [
        ("a" * length, str(number))
        for length in (0, 1, 54, 55, 56, 63, 64, 65, 118, 119, 128, 200)
        for number in (0, 987654)
    ]
    texts.append(("ë€😀", "1"))
    script = f"""{READ}
    const {{ hasher }} = await import('{SCRIPTS / "sha256.js"}');
    process.stdout.write(JSON.stringify(given.map(([head, tail]) => hasher(head)(tail))));"""
    assert json.loads(run(script, texts)) == [
        hashlib.sha256((head + tail).encode()).hexdigest() for head, tail in texts
    ]


def test_what_it_works_out_proves_it(settings) -> None:
    settings.ASKING_WORK = 3000
    secret = secrets.token_bytes(32)
    script = f"""{READ}
    const {{ solve }} = await import('{SCRIPTS / "proof.js"}');
    process.stdout.write(await solve(given));"""
    proof = run(script, proof_of_work.new_work(secret).challenge)
    assert proof_of_work.is_proven(proof, secret)


def test_a_challenge_without_a_solution_ends_without_one(settings) -> None:
    settings.ASKING_WORK = 50
    challenge = {**proof_of_work.new_work(b"x" * 32).challenge, "challenge": "0" * 64}
    script = f"""{READ}
    const {{ solve }} = await import('{SCRIPTS / "proof.js"}');
    process.stdout.write(await solve(given));"""
    assert run(script, challenge) == ""
