"""The mesh from documents alone: which signed claims accredit whom, and why the others accredit nobody."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import ACCOUNT, ACCREDITATION, ISSUER, NOW, ROOT, a_claim, year_from
from hypothesis import given
from hypothesis import strategies as st
from trust_meshes import MIDDLE

from claim_issuers import (
    Account,
    Address,
    Claim,
    ClaimType,
    Ed25519Signer,
    Root,
    Signer,
    Status,
    StatusArray,
    Validity,
    decide_path,
)
from claim_issuers.claims.attributes import AccreditedIssuer
from claim_issuers.clock import NaiveInstant
from claim_issuers.errors import Unavailable
from claim_issuers.formats import vc_jwt
from claim_issuers.formats.jose import UnknownKey
from claim_issuers.formats.sd_jwt_vc import SdJwtVc
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.keys.curves import BadSignature
from claim_issuers.keys.public_keys import PublicKey
from claim_issuers.status.array import StatusIndexOutOfRange
from claim_issuers.trust.accreditation import PathReason
from claim_issuers.trust.documents import (
    DocumentedMesh,
    NotAnAccreditation,
    accreditation_of,
    accreditations_of_documents,
    accredited_of,
    decide_path_of_documents,
)
from claim_issuers.trust.jurisdictions import ClaimJurisdiction

ORGANISATIONS = [ROOT, MIDDLE, ISSUER]
SIGNERS: dict[str, Signer] = {did: Ed25519Signer(bytes([number]) * 32) for number, did in enumerate(ORGANISATIONS, 1)}
ACCOUNTS = {did: Account(ACCOUNT.chain, Address(bytes([number]) * 20)) for number, did in enumerate(ORGANISATIONS, 1)}
HOLDERS = {account: did for did, account in ACCOUNTS.items()}


def keys(issuer: str, kid: str) -> PublicKey:
    return {signer.kid: signer.public_key for did, signer in SIGNERS.items() if did == issuer}[kid]


def says(accreditor: str, accredited: str, *, index: int = 7, **changes: Any) -> Claim:
    terms = {name: changes.pop(name) for name in ("topics", "may_accredit", "path_length", "jurisdictions") if name in changes}
    parts: dict[str, Any] = {
        "kind": "CLAIM_ISSUER",
        "id": f"urn:example:{index}",
        "claim_issuer": accreditor,
        "account": ACCOUNTS[accredited],
        "attributes": {**ACCREDITATION, **terms},
        "status_list_index": index,
    }
    return a_claim(**{**parts, **changes})


def signed(claim: Claim) -> str:
    return vc_jwt.encode(claim, SIGNERS[claim.claim_issuer])


CHAIN = [signed(says(ROOT, MIDDLE, index=1)), signed(says(MIDDLE, ISSUER, index=2, may_accredit=False, path_length=0))]


def read(*documents: str, instant: datetime = NOW, **sources: Any) -> DocumentedMesh:
    statuses = StatusArray(16)
    given = {"keys": keys, "status": lambda uri, index: statuses.get(index), "claim_issuers": HOLDERS.__getitem__, **sources}
    return accreditations_of_documents(documents, instant, **given)


def reasons(*documents: str, **sources: Any) -> list[str]:
    mesh = read(*documents, **sources)
    assert len(mesh.refused) + len(mesh.accreditations) == len(documents)
    return [one.reason for one in mesh.refused]


def test_a_document_becomes_the_link_between_its_issuer_and_the_accredited():
    claim = says(ROOT, MIDDLE, jurisdictions=["CH", "US-NY"])
    (link,) = read(signed(claim)).accreditations
    assert (link.id, link.accreditor, link.claim_issuer, link.validity) == (claim.id, ROOT, MIDDLE, claim.validity)
    assert (link.topics, link.may_accredit, link.path_length) == (frozenset({"INVESTOR", "CUSTODIAN"}), True, 1)
    assert (link.jurisdictions, link.revoked_at) == (frozenset({"CH", "US-NY"}), None)


def test_a_document_without_jurisdictions_reaches_everywhere():
    assert read(CHAIN[0]).accreditations[0].jurisdictions is None


def test_documents_keep_their_order():
    mesh = read(CHAIN[1], "x", CHAIN[0])
    assert [one.accreditor for one in mesh.accreditations] == [MIDDLE, ROOT]
    assert [(one.position, one.id) for one in mesh.refused] == [(1, None)]


class NamingIssuer(AccreditedIssuer):
    """An accreditation that names the organisation."""

    claim_issuer: str | None = None


def naming(did: str | None) -> Claim:
    attributes = NamingIssuer(**{**ACCREDITATION, "claim_issuer": did})
    kind = ClaimType("CLAIM_ISSUER", NamingIssuer, None, is_intermediary=False)
    return replace(says(ROOT, MIDDLE), claim_type=kind, attributes=attributes)


def test_the_organisation_that_a_document_names_is_the_accredited_one():
    assert accredited_of(naming(ISSUER)) == ISSUER
    mesh = read("the form does not matter", decode=lambda text, *, keys: naming(ISSUER))
    assert mesh.accreditations[0].claim_issuer == ISSUER


def test_a_document_that_names_only_an_account_accredits_whom_the_caller_knows_by_it():
    claim = naming(None)
    assert accredited_of(claim) is None
    assert reasons("", claim_issuers=None, decode=lambda text, *, keys: claim) == ["accredited_not_named"]
    assert reasons("", claim_issuers={}.__getitem__, decode=lambda text, *, keys: claim) == ["accredited_not_named"]
    assert reasons("", decode=lambda text, *, keys: claim) == []


def test_a_look_up_that_is_down_accredits_nobody():
    def down(*_: Any) -> Any:
        raise Unavailable

    assert reasons(CHAIN[0], claim_issuers=down) == ["unavailable"]
    assert reasons(CHAIN[0], status=down) == ["unavailable"]
    assert reasons(CHAIN[0], keys=down) == ["unavailable"]


@pytest.mark.parametrize(
    ("value", "reason"), [(Status.INVALID, "claim_revoked"), (Status.SUSPENDED, "claim_suspended"), (3, "claim_status_unknown")]
)
def test_a_document_whose_status_is_not_valid_accredits_nobody(value, reason):
    statuses = StatusArray(16)
    statuses.set(2, value)
    mesh = read(*CHAIN, status=lambda uri, index: statuses.get(index))
    assert [one.accreditor for one in mesh.accreditations] == [ROOT]
    assert [(one.position, one.id, one.reason) for one in mesh.refused] == [(1, "urn:example:2", reason)]


def test_a_document_beyond_its_status_list_accredits_nobody():
    assert reasons(signed(says(ROOT, MIDDLE, index=99))) == [StatusIndexOutOfRange.code]


@pytest.mark.parametrize(
    ("validity", "reason"),
    [(Validity(NOW - timedelta(days=1), NOW), "claim_expired"), (year_from(NOW + timedelta(seconds=1)), "claim_not_yet_valid")],
)
def test_a_document_out_of_its_time_accredits_nobody(validity, reason):
    document = signed(says(ROOT, MIDDLE, validity=validity))
    assert reasons(document) == [reason]
    assert reasons(document, instant=validity.valid_from) == []


def test_a_document_of_another_claim_type_accredits_nobody():
    mesh = read(signed(a_claim(claim_issuer=ROOT)))
    assert [(one.id, one.reason) for one in mesh.refused] == [("urn:example:claim:1", NotAnAccreditation.code)]
    with pytest.raises(NotAnAccreditation):
        accreditation_of(a_claim(), claim_issuer=ISSUER)
    with pytest.raises(NotAnAccreditation):
        accredited_of(a_claim())


def test_a_document_that_another_organisation_signed_accredits_nobody():
    forged = vc_jwt.encode(says(ROOT, ISSUER), SIGNERS[ISSUER])
    header, payload, _ = CHAIN[0].split(".")
    spoiled = ".".join((header, payload, CHAIN[1].split(".")[2]))
    assert reasons(forged, spoiled) == [UnknownKey.code, BadSignature.code]


def test_other_forms_are_read_by_a_decoder_of_theirs():
    form = SdJwtVc(types=CredentialTypes(base_uri="https://issuer.example/credential-types"), secret=bytes(32))
    document = form.encode(says(ROOT, MIDDLE), SIGNERS[ROOT])
    assert read(document).accreditations == ()
    assert read(document, decode=form.decode).accreditations == read(signed(says(ROOT, MIDDLE))).accreditations


def decide(*documents: str, instant: datetime = NOW, **sources: Any):
    statuses = StatusArray(16)
    given = {"keys": keys, "status": lambda uri, index: statuses.get(index), "claim_issuers": HOLDERS.__getitem__, **sources}
    return decide_path_of_documents(ISSUER, "INVESTOR", [Root(ROOT)], documents, instant, **given)


def test_documents_roots_and_an_instant_decide():
    decided = decide(*CHAIN)
    assert (decided.decision.accredited, decided.refused) == (True, ())
    assert decided.decision == decide_path(ISSUER, "INVESTOR", [Root(ROOT)], read(*CHAIN).accreditations, NOW)
    assert [step.accreditor for step in decided.decision.path] == [ROOT, MIDDLE]


def test_a_document_that_is_missing_or_revoked_breaks_the_path():
    assert decide(CHAIN[1]).decision.reason is PathReason.NO_ROOT
    statuses = StatusArray(16)
    statuses.set(1, Status.INVALID)
    decided = decide(*CHAIN, status=lambda uri, index: statuses.get(index))
    assert (decided.decision.accredited, [one.reason for one in decided.refused]) == (False, ["claim_revoked"])


def test_documents_are_asked_for_the_place_of_a_claim():
    swiss = signed(says(ROOT, ISSUER, jurisdictions=["CH"]))
    assert decide(swiss, jurisdiction=ClaimJurisdiction("CH")).decision.accredited
    assert not decide(swiss, jurisdiction=ClaimJurisdiction("DE")).decision.accredited


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(NaiveInstant):
        read(instant=datetime(2026, 1, 1))
    with pytest.raises(NaiveInstant):
        decide(instant=datetime(2026, 1, 1))


@given(st.lists(st.text() | st.sampled_from(CHAIN), max_size=6))
def test_no_text_stops_the_reading_or_accredits_anybody(documents):
    mesh = read(*documents)
    assert len(mesh.accreditations) == sum(one in CHAIN for one in documents)
    assert len(mesh.accreditations) + len(mesh.refused) == len(documents)
