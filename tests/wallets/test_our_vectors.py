"""Our own vectors: the committed file is what its script makes, and the libraries of others accept every form in it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from claim_issuers import Verification, verify_vc_jwt
from claim_issuers.formats import jose
from claim_issuers.status.bitstring import StatusPurpose, bitstring
from claim_issuers.status.bitstring_status_list import decode_list
from claim_issuers.status.token_status_list import decode_lst
from claim_issuers.trust.accreditation import Root, decide_path
from claim_issuers.verifiers.presentations import KeyBindingDemand, PresentationVerification, verify_sd_jwt_vc
from tests.vectors import make

OURS: dict[str, Any] = json.loads(make.OURS.read_text(encoding="utf-8"))
NOW = OURS["claim"]["json"]["valid_from"]
KEYS = {name: key["jwk"] for name, key in OURS["keys"].items()}
LISTS = OURS["status_lists"]
STATUS_LIST = OURS["claim"]["json"]["status_list_uri"]
SD_JWT = OURS["dc+sd-jwt"]
INDEXES = [7, *map(int, LISTS["statuses"])]


def without_lists(vectors: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in vectors.items() if name != "status_lists"}


def unpacked(lists: dict[str, Any]) -> dict[str, Any]:
    """The lists with what their compressed members hold in place of the bytes, which differ between builds of zlib."""
    token = jose.read_unverified(lists["statuslist+jwt"], max_bytes=2**20)
    packed = token.payload["status_list"]
    credentials = {name: jose.read_unverified(text, max_bytes=2**20).payload for name, text in lists["bitstrings"].items()}
    return {
        **lists,
        "statuslist+jwt": {**token.payload, "status_list": decode_lst(packed["lst"], bits=packed["bits"]).to_bytes()},
        "bitstrings": {
            name: {**read, "credentialSubject": {**read["credentialSubject"], "encodedList": decode_list(subject_list(read))}}
            for name, read in credentials.items()
        },
    }


def subject_list(credential: Any) -> str:
    return str(credential["credentialSubject"]["encodedList"])


def our_verification() -> Verification:
    return verify_vc_jwt(OURS["vc+jwt"]["text"], **circumstances())


def circumstances() -> dict[str, Any]:
    statuses = {int(index): status for index, status in LISTS["statuses"].items()}
    return {
        "keys": lambda issuer, kid: {(make.ISSUER, make.CLAIM_ISSUER.kid): make.CLAIM_ISSUER.public_key}[issuer, kid],
        "instant": make.FROM,
        "status": lambda uri, index: statuses.get(index, 0),
        "accreditation": lambda issuer, topic, place: decide_path(
            issuer, topic, [Root(make.ISSUER)], [], make.FROM, jurisdiction=place
        ),
        "account": make.CLAIM.account,
    }


def our_presentation() -> PresentationVerification:
    shown = SD_JWT["presentation"]
    demand = KeyBindingDemand(shown["audience"], shown["nonce"], timedelta(minutes=5))
    return verify_sd_jwt_vc(shown["text"], types=make.TYPES, binding=demand, **circumstances())


def test_the_committed_vectors_are_what_the_script_makes():
    assert without_lists(OURS) == without_lists(json.loads(make.text_of(make.vectors())))


def test_the_committed_status_lists_hold_what_the_script_makes():
    assert unpacked(LISTS) == unpacked(make.status_lists())


def test_every_key_in_the_vectors_says_that_it_is_a_test_key():
    assert OURS["source"]["keys"].startswith("test keys")
    assert all(len(set(bytes.fromhex(key["secret"]))) == 1 for key in OURS["keys"].values())


def test_we_verify_our_own_vectors():
    assert (our_verification().ok, our_verification().claim) == (True, make.CLAIM)
    assert our_presentation().ok
    for purpose in StatusPurpose:
        array = make.StatusArray()
        array.update(make.STATUSES.items())
        assert unpacked(LISTS)["bitstrings"][purpose]["credentialSubject"]["encodedList"] == bitstring(array, purpose)


def test_a_wallet_library_verifies_the_credential_and_its_presentation(libraries):
    context = {
        "issuer": KEYS["claim_issuer"],
        "publisher": KEYS["list_publisher"],
        "lists": {STATUS_LIST: LISTS["statuslist+jwt"]},
        "documents": OURS["type_metadata"],
        "now": NOW,
    }
    issued = libraries.ask("sd_jwt_verify", sdJwt=SD_JWT["text"], **context)["payload"]
    attributes = OURS["claim"]["json"]["attributes"]
    assert {name: issued[name] for name in attributes} == attributes
    shown = SD_JWT["presentation"]
    verified = libraries.ask("sd_jwt_verify", sdJwt=shown["text"], nonce=shown["nonce"], **context)
    assert verified["kb"]["payload"]["aud"] == shown["audience"]
    assert attributes.keys() & verified["payload"].keys() == set(shown["disclosed"])


def test_jose_verifies_the_credential_and_all_three_status_lists(libraries):
    credential = OURS["vc+jwt"]
    read = libraries.ask("jose_verify", token=credential["text"], jwk=KEYS["claim_issuer"], typ="vc+jwt", now=NOW)
    assert read["payload"] == credential["credential"]
    publisher = {"jwk": KEYS["list_publisher"], "now": NOW}
    token = libraries.ask("jose_verify", token=LISTS["statuslist+jwt"], typ="statuslist+jwt", **publisher)["payload"]
    assert libraries.ask("token_status", indexes=INDEXES, **token["status_list"]) == [0, *LISTS["statuses"].values()]
    for purpose, marked in (("revocation", 1), ("suspension", 2)):
        listed = libraries.ask("jose_verify", token=LISTS["bitstrings"][purpose], typ="vc+jwt", **publisher)["payload"]
        bits = libraries.ask("bitstring_status", encodedList=subject_list(listed), indexes=INDEXES)
        assert bits == [int(LISTS["statuses"].get(str(index)) == marked) for index in INDEXES]


def test_viem_recovers_the_signer_of_the_erc735_claim(libraries):
    claim = OURS["erc735"]
    values = [claim["identity_contract"], claim["topic"], "0x" + claim["data"]]
    inner = libraries.ask("abi_hash", types=["address", "uint256", "bytes"], values=values)
    signed = libraries.ask("message", raw=inner, key="0x" + OURS["keys"]["contract_signer"]["secret"])
    assert (signed["digest"], signed["signature"]) == ("0x" + claim["digest"], "0x" + claim["signature"])
    signer = libraries.ask("message_signer", raw=inner, signature="0x" + claim["signature"])
    assert signer == OURS["keys"]["contract_signer"]["address"]


@pytest.mark.parametrize("form", ["status_list_claim", "eligibility"])
def test_viem_signs_the_same_typed_data(libraries, form):
    made = OURS[form]
    data = {"status_list_claim": claim_data, "eligibility": eligibility_data}[form](made)
    signed = libraries.ask("typed_data", data=data, key="0x" + OURS["keys"]["contract_signer"]["secret"])
    signature = "0x" + made["signature"]
    full = signature if form == "eligibility" else libraries.ask("expanded", compact=signature)
    assert (signed["digest"], signed["signature"]) == ("0x" + made["digest"], full)
    address = OURS["keys"]["contract_signer"]["address"]
    assert libraries.ask("typed_data_verifies", data=data, address=address, signature=full)


def claim_data(made: dict[str, Any]) -> dict[str, Any]:
    return {
        "domain": {
            "name": "StatusListClaimIssuer",
            "version": "1",
            "chainId": made["chain_id"],
            "verifyingContract": made["issuer_contract"],
        },
        "types": {"Claim": members("address identity,uint256 topic,bytes data")},
        "primaryType": "Claim",
        "message": {"identity": made["identity_contract"], "topic": made["topic"], "data": "0x" + made["data"]},
    }


def eligibility_data(made: dict[str, Any]) -> dict[str, Any]:
    fields = "address account,address token,uint128 categories,uint64 issuedAt,uint64 validUntil,uint64 epoch"
    names = {"issuedAt": "issued_at", "validUntil": "valid_until"}
    kinds = members(fields)
    return {
        "domain": {
            "name": "EligibilityRegistry",
            "version": "1",
            "chainId": made["chain_id"],
            "verifyingContract": made["verifying_contract"],
        },
        "types": {"Eligibility": kinds},
        "primaryType": "Eligibility",
        "message": {kind["name"]: made[names.get(kind["name"], kind["name"])] for kind in kinds},
    }


def members(fields: str) -> list[dict[str, str]]:
    return [dict(zip(("type", "name"), field.split(" "), strict=True)) for field in fields.split(",")]
