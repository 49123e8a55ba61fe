"""The examples of ``openapi.yaml`` hold what they say: signatures verify, ids and checksums are right, totals add up."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from eth_account import Account as EthAccount
from eth_account.messages import encode_defunct

from claim_issuers.account_proofs.siwe import SiweMessage
from claim_issuers.clock import unix_seconds
from claim_issuers.formats import eligibility, erc735, jose, vc_jwt
from claim_issuers.formats.eligibility import Eligibility
from claim_issuers.identifiers.accounts import Account, Address
from claim_issuers.keys.public_keys import Ed25519PublicKey
from claim_issuers.keys.signers import Secp256k1Signer
from claim_issuers.status import token_status_list
from claim_issuers.status.array import Status
from identity_service.audit.export import verify_export
from identity_service.cap_table.model import Cursor
from identity_service.storage.ids import looks_like_id
from tests.support.description import described_values, operations

OPERATIONS = {one.id: one for one in operations()}
# RFC 8032 §7.1, test 1
RFC8032_KEY = Ed25519PublicKey(bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
WALLET = Secp256k1Signer(b"\x11" * 32)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def example(operation_id: str, status: int, name: str = "") -> Any:
    media = next(iter(OPERATIONS[operation_id].response(status)["content"].values()))
    return media["examples"][name]["value"] if name else media["example"]


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from strings(child)


def test_addresses_in_examples_carry_their_checksum() -> None:
    shown = {text for _, _, value in described_values() for text in strings(value)}
    accounts = [text for text in shown if text.startswith("eip155:") and text.count(":") == 2 and "#" not in text]
    addresses = [text for text in shown if text.startswith("0x") and len(text) == 42]
    assert accounts
    assert addresses
    assert [str(Account.parse(text)) for text in accounts] == accounts
    assert [str(Address.parse(text)) for text in addresses] == addresses


def test_ids_in_examples_are_ids_as_the_service_makes_them() -> None:
    shown = {text for _, _, value in described_values() for text in strings(value) if len(text) == 30 and text[3] == "_"}
    assert shown
    assert all(looks_like_id(text) for text in shown)


def test_the_example_wallet_signed_the_example_message() -> None:
    proof = OPERATIONS["proveAccount"].request_examples()[0]
    signer = EthAccount.recover_message(encode_defunct(text=proof["message"]), signature=proof["signature"])
    message = SiweMessage.parse(proof["message"])
    assert signer == str(message.address) == str(WALLET.address)
    assert f"eip155:{message.chain_id}:{signer}" == example("proveAccount", 201)["account"]
    assert example("requestChallenge", 201)["message"] == proof["message"]


def test_the_example_assertion_is_signed_by_the_example_client() -> None:
    request = OPERATIONS["getAccessToken"].request_examples()[0]
    token = jose.verify_compact(
        request["client_assertion"],
        keys=lambda _kid: RFC8032_KEY,
        algorithms=("EdDSA",),
        typ="client-authentication+jwt",
        require_kid=False,
    )
    assert token.payload["sub"] == example("registerClient", 201)["id"]
    assert example("registerClient", 201)["public_jwk"]["x"] == RFC8032_KEY.jwk()["x"]


def test_the_example_credential_is_the_example_claim() -> None:
    claim = vc_jwt.decode(example("readCredential", 200), keys=lambda _issuer, _kid: RFC8032_KEY)
    shown = example("listMyClaims", 200)["items"][0]
    assert (claim.id, claim.claim_type.name) == (f"urn:identity-service:claim:{shown['id']}", shown["claim_type"])
    assert (str(claim.account), claim.status_list_index) == (shown["account"], shown["status_list_index"])
    assert claim.validity.valid_until.isoformat() == shown["valid_until"]


def test_the_example_status_list_verifies_and_says_valid() -> None:
    uri = f"https://claims.example{OPERATIONS['readStatusList'].url()}"
    read = token_status_list.verify(
        example("readStatusList", 200), uri=uri, keys=lambda _kid: RFC8032_KEY, instant=NOON + timedelta(minutes=1)
    )
    assert read.array.get(40961) == Status.VALID


def test_the_example_form_is_signed_by_the_claim_key_and_is_what_the_call_data_add() -> None:
    form = example("readForm", 200, "erc735")
    data, signature = bytes.fromhex(form["data"][2:]), bytes.fromhex(form["signature"][2:])
    signer = erc735.recover(Address.parse(form["identity_contract"]), int(form["topic"]), data, signature)
    assert signer == WALLET.address
    assert erc735.Erc735Data.unpack(data).valid_from == unix_seconds(NOON)
    call = example("readCallData", 200)["data"]
    assert form["signature"][2:] in call
    assert form["data"][2:] in call


def test_the_example_attestation_verifies() -> None:
    shown = example("readEligibility", 200, "eligible")["attestation"]
    message, domain = shown["message"], shown["domain"]
    answer = Eligibility(
        account=Address.parse(message["account"]),
        token=Address.parse(message["token"]),
        categories=int(message["categories"]),
        issued_at=message["issuedAt"],
        valid_until=message["validUntil"],
        epoch=message["epoch"],
    )
    signer = eligibility.recover(
        answer,
        bytes.fromhex(shown["signature"][2:]),
        chain_id=domain["chainId"],
        verifying_contract=Address.parse(domain["verifyingContract"]),
    )
    assert str(signer) == shown["signer"]


@pytest.mark.parametrize("view", ["full", "bare"])
def test_the_example_cap_tables_reconcile(view: str) -> None:
    table = example("readCapTable", 200, view)
    total = int(table["total_supply"])
    assert sum(int(table[part]) for part in ("disclosed", "below_threshold", "not_disclosed")) == total
    named = [row for row in table["items"] if row["registered_holder"]["party"]]
    assert sum(int(row["quantity"]) for row in named) == int(table["disclosed"])
    assert all(float(row["percent"]) == int(row["quantity"]) * 100 / total for row in table["items"])
    if table["next"]:
        assert Cursor.decode(table["next"]).block_number == table["as_of"]["block_number"]


def test_the_example_export_verifies() -> None:
    export = example("exportAuditLog", 200).encode()
    assert verify_export(export.splitlines(keepends=True), RFC8032_KEY).size == 2
    first = json.loads(export.splitlines()[0])["entry"]
    shown = example("listAuditEntries", 200)["items"][0]
    assert {name: first[name] for name in first if name != "at"} == {name: shown[name] for name in shown if name != "at"}
