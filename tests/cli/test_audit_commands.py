"""``audit export`` and ``audit verify``: whoever changes one bit of a log that left the house is found out."""

import io
import json
import re
from pathlib import Path

import pytest

from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.public_keys import Ed25519PublicKey
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.audit.export import ExportRefused, verify_export
from tests.cli.commands import Ended, run, settings_for

CODES = {
    "audit_export_line_malformed",
    "audit_export_entry_altered",
    "audit_export_out_of_order",
    "audit_export_root_mismatch",
    "audit_export_signature_invalid",
    "audit_export_incomplete",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An installation with two entries in its log."""
    settings_for(tmp_path)
    assert run("init", "--data", tmp_path).code == 0
    assert run("client", "add", "--data", tmp_path, "--role", "regulator", "--key-file", tmp_path / "regulator.jwk").code == 0
    return tmp_path


@pytest.fixture
def exported(data: Path) -> Path:
    """Its export."""
    file = data / "log.jsonl"
    ended = run("audit", "export", "--data", data, file)
    assert ended.code == 0
    assert f"audit verify {file} --public-key {data / 'audit-public.jwk'}" in ended.out
    return file


def verify(file: Path, key: Path | None = None) -> Ended:
    return run("audit", "verify", file, "--public-key", key or file.parent / "audit-public.jwk")


def refused(ended: Ended) -> str:
    """The code of a refusal, which is in words and says what to do."""
    code, _, words = ended.err.partition(": ")
    assert (ended.code, ended.out) == (1, "")
    assert code in CODES
    assert re.match(r"line \d+: .", words)
    assert "\nWhat to do: " in words
    return code


def test_an_intact_export_passes(exported: Path) -> None:
    ended = verify(exported)
    assert (ended.code, ended.err) == (0, "")
    root = json.loads(exported.read_text().splitlines()[-1])["checkpoint"]["root"]
    assert ended.out.startswith("intact: entries 1 to 2, signed at ")
    assert ended.out.endswith(f"root {root}\n")


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    settings_for(tmp_path)
    exported, damaged = tmp_path / "log.jsonl", tmp_path / "damaged.jsonl"
    assert run("init", "--data", tmp_path).code == run("audit", "export", "--data", tmp_path, exported).code == 0
    content = exported.read_bytes()
    key = public_key_from_jwk(json.loads((tmp_path / "audit-public.jwk").read_text()))
    assert isinstance(key, Ed25519PublicKey)
    for position in range(len(content) * 8):
        changed = bytearray(content)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(ExportRefused):
            verify_export(io.BytesIO(changed), key)
        if position % 61 == 0:  # through the whole command, which takes its time
            damaged.write_bytes(changed)
            refused(verify(damaged))


def test_an_export_that_was_cut_is_found(exported: Path) -> None:
    content, damaged = exported.read_bytes(), exported.with_name("damaged.jsonl")
    for length in range(0, len(content), 7):
        damaged.write_bytes(content[:length])
        refused(verify(damaged))


def test_lines_swapped_dropped_doubled_or_added_are_found(exported: Path) -> None:
    first, second, checkpoint = exported.read_bytes().splitlines(keepends=True)
    damaged = exported.with_name("damaged.jsonl")
    for lines in (
        (second, first, checkpoint),
        (first, checkpoint),
        (second, checkpoint),
        (checkpoint,),
        (first, first, second, checkpoint),
        (first, second, checkpoint, checkpoint),
        (first, second, checkpoint, b"\n"),
        (first, checkpoint, second),
        (b"\xef\xbb\xbf", first, second, checkpoint),
        (first.replace(b"\n", b"\r\n"), second, checkpoint),
    ):
        damaged.write_bytes(b"".join(lines))
        refused(verify(damaged))


def test_another_key_does_not_verify_it(exported: Path) -> None:
    other = exported.with_name("other.jwk")
    other.write_text(json.dumps(Ed25519Signer(bytes(32)).public_jwk()))
    assert refused(verify(exported, other)) == "audit_export_signature_invalid"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "7", "{}", '{"kty":"EC","crv":"P-256"}', '{"kty":"OKP","crv":"Ed25519","x":7}', "\u00ff" * 9]
)
def test_a_file_that_holds_no_public_key_is_refused_in_words(exported: Path, content: str) -> None:
    other = exported.with_name("other.jwk")
    other.write_text(content, encoding="latin-1")
    ended = verify(exported, other)
    assert ended.code == 1
    assert re.match(r"(public_key_unreadable|malformed_jwk|invalid_public_key): .", ended.err)


def test_a_private_key_in_place_of_the_public_one_is_refused_in_words(exported: Path) -> None:
    ended = verify(exported, exported.with_name("administrator.jwk"))
    assert (ended.code, ended.err.partition(":")[0]) == (1, "malformed_jwk")


def test_wrong_usage_says_what_to_do(data: Path, exported: Path) -> None:
    for arguments, words in (
        (["audit", "verify"], "Missing argument 'FILE'"),
        (["audit", "verify", exported], "Missing option '--public-key'"),
        (["audit", "verify", data / "none.jsonl", "--public-key", exported], "does not exist"),
        (["audit", "verify", exported, "--public-key", data / "none.jwk"], "does not exist"),
        (["audit", "export", "--data", data], "Missing argument 'FILE'"),
        (["audit", "burn"], "No such command 'burn'"),
        (["inti"], "No such command 'inti'"),
        (["serve", "--port", "http"], "'http' is not a valid integer"),
    ):
        ended = run(*arguments)
        assert (ended.code, words in ended.err) == (2, True), ended.err
        assert "--help' for help." in ended.err
    nowhere = run("audit", "export", "--data", data, data / "nowhere" / "log.jsonl")
    assert (nowhere.code, str(data / "nowhere") in nowhere.err) == (1, True)
