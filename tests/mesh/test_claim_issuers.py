"""Registering claim issuers and naming the contracts they stand behind on chain."""

from collections.abc import Mapping
from typing import Any

from claim_issuers.formats.erc735 import key_hash
from claim_issuers.identifiers.accounts import Address
from identity_service.chain import onchainid
from identity_service.demo.api import Session
from tests.support.desk import Desk, claim_issuer_contract

FIVE_YEARS = 5 * 366 * 24 * 3600


def answer(desk: Desk, session: Session, path: str, content: Mapping[str, Any]) -> tuple[int, str, list[str]]:
    """Status, code and pointers of a POST; the code is empty when it was granted."""
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    given = desk.stand.request("POST", path, session, json=dict(content), headers=headers)
    problem = given.get_json()
    return given.status_code, problem.get("code", ""), [one["pointer"] for one in problem.get("errors", [])]


def fresh_party(desk: Desk) -> str:
    return str(desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Paper Claims Ltd"})["id"])


def test_a_claim_issuer_is_described_by_its_did_document_and_its_keys(desk: Desk) -> None:
    issuer = desk.stand.http.get(f"/v1/claim-issuers/{desk.issuer['id']}").get_json()
    document = desk.stand.http.get(f"/claim-issuers/{issuer['id']}/did.json").get_json()

    assert issuer["did"] == f"did:web:127.0.0.1%3A8765:claim-issuers:{issuer['id']}"
    assert document["id"] == issuer["did"]
    (method,) = document["verificationMethod"]
    assert document["assertionMethod"] == [method["id"]]
    assert method["publicKeyJwk"]["kty"] == "OKP"
    assert "d" not in method["publicKeyJwk"]
    keys = issuer["chains"][desk.chain]
    assert keys["claim_key"] != keys["revocation_key"]
    assert issuer["did"] in {one["did"] for one in desk.stand.http.get("/v1/claim-issuers").get_json()["items"]}
    unknown = desk.stand.http.get("/claim-issuers/cis_nobody/did.json")
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "claim_issuer_unknown")


def test_what_is_wrong_with_a_claim_issuer_is_said_with_a_code_and_a_place(desk: Desk) -> None:
    usual = {"party": fresh_party(desk), "name": "Paper", "claim_types": ["INVESTOR"], "chains": [desk.chain]}

    def said(**changed: Any) -> tuple[int, str, list[str]]:
        return answer(desk, desk.administrator, "/v1/claim-issuers", {**usual, **changed})

    assert said(party="pty_nobody")[:2] == (404, "party_unknown")
    assert said(claim_types=["ASTRONAUT"])[:2] == (400, "unknown_claim_type")
    assert said(claim_types=[]) == (422, "invalid_field", ["/claim_types"])
    assert said(name="Paper\u0000")[:2] == (400, "malformed_json")
    assert said(name="Paper\u007f") == (422, "claim_issuer_invalid", ["/name"])
    assert said(maximum_validity_seconds=FIVE_YEARS + 1) == (422, "invalid_field", ["/maximum_validity_seconds"])
    assert said(chains=["eip155:5"])[:2] == (422, "chain_not_configured")
    assert answer(desk, desk.session, "/v1/claim-issuers", usual)[:2] == (403, "scope_missing")
    assert len(desk.stand.http.get("/v1/claim-issuers").get_json()["items"]) == 2

    assert said(chains=[desk.chain, desk.chain])[0] == 201
    assert said()[:2] == (409, "claim_issuer_exists")


def test_only_a_claim_issuers_contract_with_both_our_keys_is_named(desk: Desk) -> None:
    onchain, manager = desk.onchain, desk.onchain.actors.claim_issuer_manager
    wanted = {"party": fresh_party(desk), "name": "Paper", "claim_types": ["INVESTOR"], "chains": [desk.chain]}
    issuer = desk.administrator.post("/v1/claim-issuers", wanted)
    keys = {name: Address.parse(issuer["chains"][desk.chain][name]) for name in ("claim_key", "revocation_key")}

    def name(contract: Address | str) -> tuple[int, str, list[str]]:
        content = {"chain": desk.chain, "contract": str(contract)}
        return answer(desk, desk.administrator, f"/v1/claim-issuers/{issuer['id']}/contracts", content)

    # A plain identity contract that holds both keys: it would sign, and could never revoke.
    identity = onchain.platform.deploy_identity(onchain.actors.alice.address)
    for key, purpose in ((keys["claim_key"], onchainid.CLAIM), (keys["revocation_key"], onchainid.MANAGEMENT)):
        onchain.actors.alice.do(identity, onchainid.ADD_KEY, key_hash(key), purpose, onchainid.ECDSA)
    without_revocation = onchain.platform.deploy_claim_issuer(manager, keys["claim_key"])
    unfit = (422, "claim_issuer_contract_unfit", ["/contract"])
    assert name(identity) == unfit
    assert name(without_revocation) == unfit
    assert name(onchain.claim_issuer) == unfit, "another's contract does not know our keys"
    assert name(onchain.suite.token) == unfit
    assert name(onchain.actors.bob.address)[:2] == (404, "no_contract")
    assert name("0x1234") == (422, "invalid_field", ["/contract"])

    fit = claim_issuer_contract(onchain, issuer["chains"][desk.chain])
    assert name(fit)[0] == 201
    assert name(fit)[0] == 201, "saying it again changes nothing"
    other = claim_issuer_contract(onchain, issuer["chains"][desk.chain])
    assert name(other)[:2] == (409, "claim_issuer_contract_already_named")
    shown = desk.stand.http.get(f"/v1/claim-issuers/{issuer['id']}").get_json()
    assert shown["chains"][desk.chain]["contract"] == str(fit)


def test_a_contract_is_named_only_on_a_chain_the_claim_issuer_has_keys_for(desk: Desk) -> None:
    wanted = {"party": fresh_party(desk), "name": "Paper", "claim_types": ["INVESTOR"], "chains": []}
    issuer = desk.administrator.post("/v1/claim-issuers", wanted)
    content = {"chain": desk.chain, "contract": str(desk.contract)}

    said = answer(desk, desk.administrator, f"/v1/claim-issuers/{issuer['id']}/contracts", content)

    assert said[:2] == (409, "claim_issuer_contract_missing")
    nobody = answer(desk, desk.administrator, "/v1/claim-issuers/cis_nobody/contracts", content)
    assert nobody[:2] == (404, "claim_issuer_unknown")
