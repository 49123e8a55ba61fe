"""The examples of ``openapi.yaml`` hold what they say: signatures verify, ids and checksums are right, totals add up."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from eth_abi import decode
from eth_account import Account as EthAccount
from eth_account.messages import encode_defunct, encode_typed_data
from eth_utils import keccak

from claim_issuers.account_proofs.siwe import SiweMessage
from claim_issuers.claims.vocabulary import claim_type, json_schema, validate_attributes
from claim_issuers.clock import unix_seconds
from claim_issuers.formats import eligibility, erc735, jose, vc_jwt
from claim_issuers.formats.eligibility import Eligibility
from claim_issuers.identifiers.accounts import Account, Address
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.public_keys import Ed25519PublicKey
from claim_issuers.keys.signers import Secp256k1Signer
from claim_issuers.orders.evidence import Evidence
from claim_issuers.orders.signed import SignedOrder
from claim_issuers.orders.verify import verify_order
from claim_issuers.status import bitstring_status_list, token_status_list
from claim_issuers.status.array import Status
from claim_issuers.status.bitstring import StatusPurpose, bitstring
from identity_service.audit.export import verify_export
from identity_service.cap_table.model import Cursor
from identity_service.storage.ids import looks_like_id
from tests.support.description import described_values, description, operations

OPERATIONS = {one.id: one for one in operations()}
SCHEMAS = description()["components"]["schemas"]
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


def test_the_example_bitstring_is_that_of_the_example_status_list() -> None:
    uri = f"https://claims.example{OPERATIONS['readBitstringStatusList'].url()}"
    token = example("readBitstringStatusList", 200)
    listed = bitstring_status_list.verify(
        token, uri=uri, purpose=StatusPurpose.REVOCATION, keys=lambda _kid: RFC8032_KEY, instant=NOON + timedelta(minutes=1)
    )
    array = token_status_list.decode_lst(jose.read_unverified(example("readStatusList", 200)).payload["status_list"]["lst"], bits=2)
    assert listed.bits == bitstring(array, StatusPurpose.REVOCATION)


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


def test_the_example_attributes_are_those_of_the_vocabulary() -> None:
    shown = {one["name"]: one["schema"] for one in example("listClaimTypes", 200)["items"]}
    shown["INVESTOR"] = example("openInvitation", 200)["attributes"]
    for name, schema in shown.items():
        whole = json_schema(name)
        assert (set(schema["properties"]), schema["required"]) == (set(whole["properties"]), whole["required"])
    for operation in ("applyForClaim", "acceptInvitation"):
        for request in OPERATIONS[operation].request_examples():
            validate_attributes(claim_type(request.get("claim_type", "INVESTOR")), request["attributes"])


def test_the_example_order_is_signed_by_the_example_wallet() -> None:
    sent = OPERATIONS["sendOrder"].request_examples()[0]
    order, domain = sent["order"], sent["domain"]
    assert sent["document"] == "0x" + keccak(json.dumps(order, sort_keys=True, separators=(",", ":")).encode()).hex()
    typed = {name: "uint256" if name == "quantity" else "string" for name in order}
    message = {**order, "quantity": int(order["quantity"]), "document": bytes.fromhex(sent["document"][2:])}
    types = {"Order": [{"name": name, "type": kind} for name, kind in {**typed, "document": "bytes32"}.items()]}
    signable = encode_typed_data(domain_data=domain, message_types=types, message_data=message)
    signer = EthAccount.recover_message(signable, signature=sent["signature"])
    assert f"eip155:{domain['chainId']}:{signer}" == order["intermediary"]
    members = ",".join(f"{one['type']} {one['name']}" for one in types["Order"])
    assert f"Order({members})" in SCHEMAS["NewOrder"]["description"]
    for name in ("minted", "to_mint"):
        assert example("readOrder", 200, name)["signed_order"] == sent
    assert example("listOrders", 200)["items"][0]["signed_order"] == sent


def test_the_example_verification_is_signed_with_a_key_of_the_example_key_set() -> None:
    answer, sent = example("sendOrder", 201), OPERATIONS["sendOrder"].request_examples()[0]
    (key,) = example("readKeySet", 200)["keys"]
    assert key["x"] == RFC8032_KEY.jwk()["x"]
    keys = {key["kid"]: public_key_from_jwk(key)}
    said = jose.verify_compact(
        answer["verification"], keys=keys.__getitem__, algorithms=("EdDSA",), typ="order-verification+jwt"
    ).payload
    assert (said["jti"], said["outcome"], said["as_of"]) == (answer["id"], answer["state"], answer["as_of"])
    assert said["order"] == {"document": sent["document"]} | {name: sent["order"][name] for name in ("id", "network", "token")}
    assert said["intermediary"] == sent["order"]["intermediary"]
    assert example("readOrder", 200, "minted")["verification"] == answer["verification"]


def test_the_example_order_lists_the_checks_that_the_library_makes() -> None:
    signed = SignedOrder.from_json(OPERATIONS["sendOrder"].request_examples()[0])
    made = verify_order(signed, network=signed.order.network, evidence=Evidence(claims=()), instant=NOON).checks
    assert [one["check"] for one in example("sendOrder", 201)["checks"]] == [one.code for one in made]
    described = SCHEMAS["OrderVerified"]["properties"]["checks"]["items"]["properties"]["check"]["enum"]
    assert described == [one.code for one in made]


def test_the_example_call_data_mint_for_the_example_order() -> None:
    shown = example("readOrder", 200, "to_mint")
    order, call = shown["signed_order"]["order"], shown["mint_call_data"]
    data = bytes.fromhex(call["data"][2:])
    assert data[:4] == keccak(b"mint(address,uint256)")[:4]
    intermediary, quantity = decode(["address", "uint256"], data[4:68])
    assert (intermediary, quantity) == (order["intermediary"].rpartition(":")[2].lower(), int(order["quantity"]))
    assert data[68:] == keccak(b"OrderId(bytes16)")[:4] + bytes.fromhex(order["id"].replace("-", ""))
    assert call["to"] == order["token"]


def test_the_example_cancellation_approves_nothing_any_more() -> None:
    shown = example("listMyTransferAuthorities", 200)["items"][0]
    given = shown["transfer_authorities"][0]
    data = bytes.fromhex(given["cancel"]["data"][2:])
    assert data[:4] == keccak(b"approve(address,uint256)")[:4]
    spender, allowance = decode(["address", "uint256"], data[4:])
    assert (spender, allowance) == (given["spender"]["account"].rpartition(":")[2].lower(), 0)
    assert (given["cancel"]["to"], given["cancel"]["sender"]) == (shown["token"], given["account"])
    assert int(given["effective"]) == min(int(given["allowance"]), int(given["balance"]))


@pytest.mark.parametrize("operation_id", ["explainTransfer", "explainMyTransfer"])
def test_the_example_explanations_pass_only_when_every_check_does(operation_id: str) -> None:
    for name in ("stranger", "network"):
        shown = example(operation_id, 200, name)
        assert shown["passes"] is all(one["outcome"] == "passed" for one in shown["checks"])
        assert {one["rests_on"] for one in shown["checks"]} == set(shown["judged_on"])
        assert all((one["how"] is None) == (one["outcome"] == "passed") for one in shown["checks"])


def test_the_example_invitation_is_opened_by_the_example_code() -> None:
    shown, code = example("invite", 201), OPERATIONS["openInvitation"].parameters_in("path")["code"]["example"]
    assert shown["url"] == f"https://claims.example/i/{code}"
    assert shown["qr"] == f"https://claims.example{OPERATIONS['readInvitationQrCode'].url()}"
    opened = example("openInvitation", 200)
    assert {name: opened[name] for name in ("id", "claim_type", "expires_at")} == {
        name: shown[name] for name in ("id", "claim_type", "expires_at")
    }


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
