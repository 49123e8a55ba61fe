"""A short run of the fuzzer over every target, and proof that it finds what there is to find.

``make fuzz`` runs a million. A finding here says how to see it again: ``python -m tests.fuzz --seed … --replay …``.
"""

import re
from contextlib import suppress
from dataclasses import replace
from time import thread_time

import jwt
import pytest

from claim_issuers.encodings.base64url import decode, encode
from claim_issuers.errors import DomainError
from tests.fuzz.all_targets import find, reading_targets, verifying_targets
from tests.fuzz.public_parsers import NOT_PARSERS, defined_as, public_parsers
from tests.fuzz.runner import Tally, run
from tests.fuzz.samples import IN_TIME, KEYS, SIGNERS, compact_tokens
from tests.fuzz.targets import ACCEPTED, SECONDS_ALLOWED, STRAY, HarnessFault, Target
from tests.fuzz.token_changes import Signed

SEED = 20261122
FORGERIES = 1_000
TEXTS = 250
LONGEST = 64 * 1024


def told(tally: Tally) -> str:
    return "\n".join(str(finding.as_json()) for finding in tally.findings[:3])


@pytest.mark.parametrize("name", verifying_targets())
def test_no_mutant_of_what_was_signed_is_accepted(name):
    target = find(name)
    target.check_originals(ACCEPTED)
    tally = run(target, seed=SEED, start=0, count=FORGERIES)
    assert tally.tried == FORGERIES
    assert not tally.faults, told(tally)


@pytest.mark.parametrize("name", reading_targets())
def test_every_parser_returns_what_was_written_or_refuses(name):
    target = find(name)
    target.check_originals(None)
    tally = run(target, seed=SEED, start=0, count=TEXTS)
    assert not tally.faults, told(tally)


def test_every_parser_and_verifier_of_the_library_has_a_target():
    targets = (*verifying_targets().values(), *reading_targets().values())
    covered = {defined_as(name) for target in targets for name in target.covers}
    assert public_parsers() - covered == set(NOT_PARSERS)


# --- nothing takes long

RUNS = {
    "brackets": "[" * LONGEST,
    "objects": '{"a":' * (LONGEST // 5),
    "quotes": '"' * LONGEST,
    "backslashes": '"' + "\\" * (LONGEST - 1),
    "escapes": '{"a":"' + "\\u0061" * (LONGEST // 7) + '"}',
    "digits": '{"a":' + "9" * (LONGEST - 6) + "}",
    "members": "{" + ",".join(f'"{number}":{number}' for number in range(LONGEST // 14)) + "}",
    "spaces": " " * LONGEST,
    "letters": "a" * LONGEST,
    "capitals": "A" * LONGEST,
    "dots": "." * LONGEST,
    "tildes": "~" * LONGEST,
    "parts": "e30." * (LONGEST // 4),
    "disclosures": "e30.e30.x~" + "WyJhIiwiYiIsMV0~" * (LONGEST // 17),
    "zeros": "0" * LONGEST,
    "ones": "did:key:z" + "1" * (LONGEST - 9),
    "base58": "did:key:z" + "Z" * (LONGEST - 9),
    "labels": "did:web:" + "a." * (LONGEST // 2 - 4),
    "dashes": "https://" + "a-" * (LONGEST // 2 - 4),
    "segments": "https://issuer.example" + "/a" * (LONGEST // 2 - 11),
    "percents": "did:web:" + "%41" * (LONGEST // 3 - 3),
    "colons": "eip155:" * (LONGEST // 7),
    "lines": "\n" * LONGEST,
    "resources": "a wants you to sign in with your Ethereum account:\n" + "Resources:\n- a:" * (LONGEST // 16),
    "odd": "\ud800" * LONGEST,
}


@pytest.mark.parametrize("name", sorted(RUNS))
def test_no_text_of_64_kib_takes_long(name):
    slowest = {}
    for target in (*reading_targets().values(), *verifying_targets().values()):
        for text in (RUNS[name], f"eyJhbGciOiJFZERTQSJ9.{encode(RUNS[name].encode('utf-8', 'replace'))}.AA"):
            given = text.encode("utf-8", "surrogatepass") if isinstance(next(iter(target.known)), bytes) else text
            if isinstance(next(iter(target.known)), bytes | str):
                slowest[target.name] = max(slowest.get(target.name, 0.0), seconds(target, given[:LONGEST]))
    assert {target: took for target, took in slowest.items() if took > SECONDS_ALLOWED} == {}


def seconds(target: Target, text: object) -> float:
    began = thread_time()
    with suppress(DomainError):
        target.judge(text)
    return thread_time() - began


# --- the harness finds faults


def lax(judge) -> Target:
    return replace(find("jose"), name="lax", judge=judge)


def test_a_verifier_that_ignores_the_signature_s_last_byte_is_found():
    def careless(sample):
        _, kid, message, signature = sample
        for last in range(256):
            with suppress(DomainError):
                KEYS[kid].verify(message, signature[:63] + bytes([last]))
                return ACCEPTED
        return None

    strict = find("signatures")
    tally = run(replace(strict, judge=careless, originals=strict.originals[:3]), seed=SEED, start=0, count=150)
    assert tally.faults[ACCEPTED] > 0


def test_a_verifier_that_stumbles_is_found_and_its_exception_is_kept():
    tally = run(lax(lambda token: {}[token]), seed=SEED, start=0, count=10)
    assert tally.faults == {STRAY: 10}
    assert "KeyError" in tally.findings[0].exception


def test_pyjwt_s_laxities_are_found():
    """PyJWT 2.15 takes a high s, padding behind the signature, members named twice, an exp that is missing or text, any typ."""
    keys = {signer.kid: jwt.PyJWK(signer.public_jwk()) for signer in SIGNERS}
    accepted: list[str] = []

    def pyjwt(token: str) -> str | None:
        try:
            kid = jwt.get_unverified_header(token)["kid"]
            jwt.decode(
                token, keys[kid], algorithms=["EdDSA", "ES256", "ES256K"], options={"verify_aud": False, "verify_exp": False}
            )
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
            return None
        accepted.append(token)
        return ACCEPTED

    run(lax(pyjwt), seed=SEED, start=0, count=2_500)
    originals = {token.text for token in compact_tokens()}
    parts = [token.split(".") for token in accepted]
    headers, payloads, signatures = zip(*((decode_lax(a), decode_lax(b), c) for a, b, c in parts), strict=True)
    assert any(token.rstrip("=") in originals and token not in originals for token in accepted)
    assert any(b'"typ":"demo+jwt"' not in header.replace(b" ", b"") for header in headers)
    assert any(b'"exp"' not in payload for payload in payloads)
    assert any(re.search(rb'"exp": ?"', payload) for payload in payloads)
    assert any(payload.count(b'"exp"') > 1 for payload in payloads)
    assert any(
        signature not in {text.rpartition(".")[2] for text in originals}
        and header_and_payload(token) in {header_and_payload(text) for text in originals}
        for token, signature in zip(accepted, signatures, strict=True)
    )


def header_and_payload(token: str) -> str:
    return token.rpartition(".")[0]


def decode_lax(part: str) -> bytes:
    try:
        return decode(part)
    except DomainError:
        return b""


def test_a_target_whose_originals_are_refused_is_a_fault_of_the_harness():
    with pytest.raises(HarnessFault):
        lax(lambda token: None).check_originals(ACCEPTED)


def test_a_change_that_changes_nothing_is_a_fault_of_the_harness():
    target = replace(find("jose"), change=lambda rng, token, others: token.text)
    with pytest.raises(HarnessFault):
        target.mutant(SEED, 0)


def test_the_same_seed_and_number_make_the_same_mutant_and_another_seed_another():
    for target in (find("jose"), find("sd-jwt-vc-bound"), find("siwe")):
        assert target.mutant(SEED, 7) == target.mutant(SEED, 7)
    assert [find("jose").mutant(SEED, n) for n in range(9)] != [find("jose").mutant(SEED + 1, n) for n in range(9)]


def test_originals_are_accepted_by_every_algorithm():
    assert {Signed.read(token.text, token.signer).signer.alg for token in compact_tokens()} == {"EdDSA", "ES256", "ES256K"}
    assert IN_TIME.tzinfo is not None
