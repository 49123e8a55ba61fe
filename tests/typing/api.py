"""The public API as a user writes it: every noun of ``claim_issuers``, each form issued and verified, each decision taken.

mypy checks it with --strict, ``assert_type`` says what a user may rely on, and ``main`` runs all of it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, assert_type

from claim_issuers import (
    CLAIM_TYPES,
    Account,
    Accreditation,
    AccreditationQuestion,
    Address,
    Attestation,
    BearerAccepted,
    BindingOpening,
    ChainId,
    Check,
    Claim,
    ClaimJurisdiction,
    ClaimRequest,
    ClaimType,
    CredentialTypes,
    DomainError,
    Ed25519Signer,
    Eligibility,
    EligibilityDemand,
    Erc735Data,
    Erc735Form,
    Evidence,
    IntermediaryClaim,
    KeyBindingDemand,
    OnChainClaim,
    OnChainTarget,
    Order,
    OrderVerification,
    Outcome,
    P256Signer,
    PathDecision,
    PresentedClaim,
    Profile,
    Report,
    Root,
    SdJwt,
    SdJwtVc,
    Secp256k1Signer,
    Side,
    SignedOrder,
    Signer,
    SiweMessage,
    Status,
    StatusArray,
    StatusEntry,
    StatusListClaimForm,
    StatusPublication,
    Validity,
    VcJwt,
    Verification,
    accreditations_of_documents,
    bind,
    claim_type,
    decide_path,
    decide_path_of_documents,
    decide_quorum,
    decide_root_threshold,
    evidence_of_documents,
    issue,
    issue_on_chain,
    jurisdiction_of,
    order_typed_data,
    sign_order,
    validate_attributes,
    verify_attestation,
    verify_onchain_claim,
    verify_order,
    verify_sd_jwt_vc,
    verify_vc_jwt,
)
from claim_issuers.account_proofs.siwe import verify_signature
from claim_issuers.claims.attributes import ClaimAttributes
from claim_issuers.formats.credential import CredentialForm, IssuerKeys
from claim_issuers.formats.eligibility import sign as sign_eligibility
from claim_issuers.formats.onchain import OnChainForm
from claim_issuers.issuers.issue import IssuedForm, IssuedOnChainClaim
from claim_issuers.issuers.prepared import PreparedClaim, PreparedOnChainClaim
from claim_issuers.keys.public_keys import PublicKey, Secp256k1PublicKey
from claim_issuers.keys.secp256k1 import eip191_digest
from claim_issuers.status.token_status_list import StatusListToken, publish
from claim_issuers.status.token_status_list import verify as verify_list
from claim_issuers.trust.documents import DocumentedDecision, DocumentedMesh
from claim_issuers.trust.quorum import QuorumDecision
from claim_issuers.trust.root_threshold import RootThresholdDecision
from claim_issuers.verifiers.attestations import AttestationVerification
from claim_issuers.verifiers.claim_checks import AccreditationLookup, StatusLookup
from claim_issuers.verifiers.onchain import OnChainClaimVerification
from claim_issuers.verifiers.presentations import PresentationVerification

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
YEAR = Validity(NOW, NOW + timedelta(days=365))
ROOT, CLAIM_ISSUER = "did:web:root.example", "did:web:claims.example"
STATUS_LIST = "https://claims.example/status-lists/1"
TYPES = CredentialTypes("https://claims.example/credential-types")
VERIFIER, NONCE = "https://verifier.example", "n-0S6_WzA2Mj"
IDENTITY_CONTRACT, ISSUER_CONTRACT, TOKEN = (Address(bytes([byte]) * 20) for byte in (0x22, 0x33, 0x55))

# Keys for this file; real ones come from a key store.
SIGNER = Ed25519Signer(bytes(32))
CHAIN_SIGNER = Secp256k1Signer(bytes([0x11]) * 32)
WALLET = Secp256k1Signer(bytes([0x12]) * 32)
ACCOUNT = Account(ChainId(1), WALLET.address)
LINK = Accreditation(
    id="urn:example:accreditation:1",
    accreditor=ROOT,
    claim_issuer=CLAIM_ISSUER,
    topics=frozenset({"INVESTOR"}),
    may_accredit=False,
    path_length=0,
    validity=YEAR,
)


def keys(issuer: str, kid: str) -> PublicKey:
    """Whoever verifies knows which keys a claim issuer's DID has; KeyError for any other."""
    return {(CLAIM_ISSUER, SIGNER.kid): SIGNER.public_key}[issuer, kid]


def accreditation(issuer: str, topic: str, place: ClaimJurisdiction) -> PathDecision:
    return decide_path(issuer, topic, [Root(ROOT)], [LINK], NOW, jurisdiction=place)


def prepared() -> PreparedClaim:
    profile = Profile(claim_issuer=CLAIM_ISSUER, claim_types=frozenset({"INVESTOR"}), max_validity=timedelta(days=366))
    request = ClaimRequest(
        id="urn:example:claim:1",
        claim_type="INVESTOR",
        account=ACCOUNT,
        holder_jwk=WALLET.public_jwk(),
        attributes={"classification": "professional", "country": "CH", "name": "Ada Lovelace", "birthdate": "1815-12-10"},
        validity=YEAR,
    )
    decision = accreditation(CLAIM_ISSUER, "INVESTOR", ClaimJurisdiction("CH"))
    return profile.prepare(request, accreditation=decision, status=StatusEntry(STATUS_LIST, 7), instant=NOW)


def a_claim_issued_as_vc_jwt_is_verified(statuses: StatusArray) -> None:
    issued = issue(prepared(), SIGNER)
    assert_type(issued, IssuedForm)
    assert_type(issued.content, str)
    assert_type(issued.claim_digest, bytes)
    form: CredentialForm = VcJwt()
    assert_type(form.decode(issued.content, keys=keys), Claim)

    look_up: StatusLookup = lambda uri, index: statuses.get(index)  # noqa: E731
    report = verify_vc_jwt(issued.content, keys=keys, instant=NOW, status=look_up, accreditation=accreditation, account=ACCOUNT)
    assert_type(report, Verification)
    assert_type(report.claim, Claim | None)
    assert_type(report.ok, bool)
    assert_type(report.reasons, tuple[str, ...])
    assert report.ok


def a_claim_issued_as_sd_jwt_vc_is_shown_in_part_and_verified(statuses: StatusArray) -> None:
    form: CredentialForm = SdJwtVc(TYPES, secret=bytes(32))
    issued = issue(prepared(), SIGNER, form)
    held = SdJwt.parse(issued.content)
    shown = bind(held.disclosing(["country", "classification"]), audience=VERIFIER, nonce=NONCE, issued_at=NOW, signer=WALLET)
    assert_type(shown, SdJwt)

    report = verify_sd_jwt_vc(
        str(shown),
        keys=keys,
        types=TYPES,
        instant=NOW,
        binding=KeyBindingDemand(VERIFIER, nonce=NONCE, max_age=timedelta(minutes=5)),
        status=lambda uri, index: statuses.get(index),
        accreditation=accreditation,
        account=ACCOUNT,
    )
    assert_type(report, PresentationVerification)
    assert_type(report.credential, PresentedClaim | None)
    assert report.ok
    assert report.credential is not None
    assert report.credential.disclosed == {"country": "CH", "classification": "professional"}

    bearer = verify_sd_jwt_vc(issued.content, keys=keys, types=TYPES, instant=NOW, binding=BearerAccepted())
    check = bearer.check("signature")
    assert_type(check, Check)
    assert_type(check.outcome, Outcome)
    assert_type(check.reason, str | None)
    assert bearer.check("status").outcome is Outcome.NOT_CHECKED
    assert not bearer.ok


def a_claim_issued_on_chain_is_verified(form: OnChainForm, statuses: StatusArray) -> None:
    profile = Profile(claim_issuer=CLAIM_ISSUER, claim_types=frozenset({"INVESTOR"}), max_validity=timedelta(days=366))
    target = OnChainTarget(
        chain_id=1,
        issuer_contract=ISSUER_CONTRACT,
        identity_contract=IDENTITY_CONTRACT,
        status_index=7,
        salt16=bytes(16),
        form=form,
    )
    place = jurisdiction_of(prepared().claim.attributes)
    assert_type(place, ClaimJurisdiction)
    decision = accreditation(CLAIM_ISSUER, "INVESTOR", place)
    ready = profile.prepare_on_chain(prepared().claim, target=target, accreditation=decision, instant=NOW)
    assert_type(ready, PreparedOnChainClaim)
    issued = issue_on_chain(ready, CHAIN_SIGNER)
    assert_type(issued, IssuedOnChainClaim)
    assert_type((issued.topic, issued.data, issued.signature), tuple[int, bytes, bytes])

    report = verify_onchain_claim(
        OnChainClaim(identity_contract=issued.identity_contract, topic=issued.topic, data=issued.data, signature=issued.signature),
        form=form,
        chain_id=1,
        issuer_contract=ISSUER_CONTRACT,
        claim_keys={CHAIN_SIGNER.address},
        topic=claim_type("INVESTOR").topic,
        identity_contract=IDENTITY_CONTRACT,
        instant=NOW,
        opening=BindingOpening(chain_id=1, issuer_contract=ISSUER_CONTRACT, claim_digest=issued.claim_digest, salt16=bytes(16)),
        status=lambda index: statuses.get(index),
        accreditation=AccreditationQuestion(
            claim_issuer=CLAIM_ISSUER, claim_type="INVESTOR", jurisdiction=place, lookup=accreditation
        ),
    )
    assert_type(report, OnChainClaimVerification)
    assert_type(report.signer, Address | None)
    assert_type(report.data, Erc735Data | None)
    assert report.ok, report.reasons


def an_eligibility_attestation_is_verified() -> None:
    now = int(NOW.timestamp())
    answer = Eligibility(account=WALLET.address, token=TOKEN, categories=1, issued_at=now, valid_until=now + 600, epoch=1)
    signature = sign_eligibility(answer, chain_id=1, verifying_contract=TOKEN, signer=CHAIN_SIGNER)
    report = verify_attestation(
        Attestation(eligibility=answer, chain_id=1, verifying_contract=TOKEN, signature=signature),
        EligibilityDemand(account=WALLET.address, token=TOKEN, chain_id=1, verifying_contract=TOKEN, categories=1),
        signers={CHAIN_SIGNER.address},
        epoch=1,
        stored_issued_at=0,
        instant=NOW,
    )
    assert_type(report, AttestationVerification)
    assert report.ok


def a_status_list_is_published_and_read() -> StatusArray:
    statuses = StatusPublication(StatusArray())
    statuses.set(8, Status.INVALID)
    token = publish(
        statuses,
        uri=STATUS_LIST,
        issuer="https://claims.example",
        issued_at=NOW,
        expires_at=NOW + timedelta(days=1),
        ttl=timedelta(minutes=5),
        signer=SIGNER,
    )
    assert_type(token, str)
    listed = verify_list(token, uri=STATUS_LIST, keys=lambda kid: SIGNER.public_key, instant=NOW)
    assert_type(listed, StatusListToken)
    assert_type(listed.array.get(8), int)
    assert listed.array.get(8) == Status.INVALID
    return listed.array


def trust_is_decided(credential: str) -> None:
    decision = decide_path(CLAIM_ISSUER, "INVESTOR", [Root(ROOT)], [LINK], NOW)
    assert_type(decision, PathDecision)
    assert_type(decision.path, tuple[Accreditation, ...])
    assert_type(decision.root, str | None)
    assert decision.root == ROOT

    several = decide_root_threshold(CLAIM_ISSUER, "INVESTOR", [Root(ROOT)], [LINK], NOW, at_least=2)
    assert_type(several, RootThresholdDecision)
    assert not several.accredited

    quorum = decide_quorum([prepared().claim], [Root(ROOT)], [LINK], NOW, at_least=1)
    assert_type(quorum, QuorumDecision)
    assert quorum.claim_issuers == (CLAIM_ISSUER,)

    mesh = accreditations_of_documents([credential], NOW, keys=keys, status=lambda uri, index: Status.VALID)
    assert_type(mesh, DocumentedMesh)
    assert [document.reason for document in mesh.refused] == ["not_an_accreditation"]
    documented = decide_path_of_documents(
        ROOT, "INVESTOR", [Root(ROOT)], [credential], NOW, keys=keys, status=lambda uri, index: Status.VALID
    )
    assert_type(documented, DocumentedDecision)
    assert documented.decision.accredited


def an_account_is_proved() -> None:
    message = SiweMessage.build(
        domain="claims.example",
        uri="https://claims.example/sign-in",
        nonce="K7vQ2mX9aB",
        account=ACCOUNT,
        issued_at=NOW,
        expires_at=NOW + timedelta(minutes=5),
    )
    assert_type(message, SiweMessage)
    text = message.prepare()
    signature = WALLET.sign_digest(eip191_digest(text.encode()))
    received = SiweMessage.parse(text)
    received.check(domain="claims.example", uri="https://claims.example/sign-in", chain_id=1, nonce="K7vQ2mX9aB", instant=NOW)
    address, key = verify_signature(received, signature)
    assert_type(address, Address)
    assert_type(key, Secp256k1PublicKey)
    assert address == WALLET.address


def an_order_is_signed_and_verified() -> None:
    office = ClaimRequest(
        id="urn:example:claim:2",
        claim_type="CUSTODIAN",
        account=ACCOUNT,
        holder_jwk=None,
        attributes={"licence_id": "L-1", "regulator": "FINMA", "jurisdiction": "CH"},
        validity=YEAR,
    )
    profile = Profile(claim_issuer=ROOT, claim_types=frozenset({"CUSTODIAN"}), max_validity=timedelta(days=366))
    decision = decide_path(ROOT, "CUSTODIAN", [Root(ROOT)], [], NOW, jurisdiction=ClaimJurisdiction("CH"))
    licence = profile.prepare(office, accreditation=decision, status=StatusEntry(STATUS_LIST, 9), instant=NOW)
    order = Order(
        id="0b0f2d6e-3c1a-4f5e-9a57-1f2e3d4c5b6a",
        network="pty_dx",
        token=Account(ChainId(1), TOKEN),
        side=Side.BUY,
        quantity=1000,
        price="99.75",
        currency="CHF",
        intermediary=ACCOUNT,
        signatory=ACCOUNT,
        issued_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )
    assert_type(order_typed_data(order), dict[str, Any])
    signed = sign_order(order, WALLET)
    assert_type(signed, SignedOrder)
    evidence = evidence_of_documents(
        [issue(licence, SIGNER).content],
        keys=lambda did, kid: SIGNER.public_key,
        status=lambda uri, index: Status.VALID,
        accreditation=lambda did, topic, place: decide_path(did, topic, [Root(ROOT)], [], NOW, jurisdiction=place),
    )
    assert_type(evidence, Evidence)
    assert_type(evidence.claims, tuple[IntermediaryClaim, ...] | None)
    verification = verify_order(signed, network="pty_dx", evidence=evidence, instant=NOW)
    assert_type(verification, OrderVerification)
    assert_type(verification.failed, Check | None)
    assert verification.ok


def words_and_refusals() -> None:
    assert_type(claim_type("CUSTODIAN"), ClaimType)
    assert_type(CLAIM_TYPES["CUSTODIAN"].topic, int)
    licence = {"licence_id": "L-1", "regulator": "FINMA", "jurisdiction": "CH"}
    assert_type(validate_attributes(claim_type("CUSTODIAN"), licence), ClaimAttributes)
    assert_type(code_of_refusal("eip155:1:0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), str | None)
    assert code_of_refusal("eip155:1:0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed") == "malformed_account"


def code_of_refusal(account: str) -> str | None:
    try:
        Account.parse(account)
    except DomainError as refusal:
        assert_type(refusal.pointer, str | None)
        return refusal.code
    return None


def one_of_each_signer() -> tuple[Signer, ...]:
    return SIGNER, CHAIN_SIGNER, P256Signer(bytes([3]) * 32)


def main() -> None:
    issuer_keys: IssuerKeys = keys
    decides: AccreditationLookup = accreditation
    assert issuer_keys(CLAIM_ISSUER, SIGNER.kid) == SIGNER.public_key
    assert decides(CLAIM_ISSUER, "INVESTOR", ClaimJurisdiction(None)).accredited
    statuses = a_status_list_is_published_and_read()
    a_claim_issued_as_vc_jwt_is_verified(statuses)
    a_claim_issued_as_sd_jwt_vc_is_shown_in_part_and_verified(statuses)
    for form in (Erc735Form(), StatusListClaimForm(chain_id=1, issuer_contract=ISSUER_CONTRACT)):
        a_claim_issued_on_chain_is_verified(form, statuses)
    an_eligibility_attestation_is_verified()
    trust_is_decided(issue(prepared(), SIGNER).content)
    an_account_is_proved()
    an_order_is_signed_and_verified()
    words_and_refusals()
    assert {signer.alg for signer in one_of_each_signer()} == {"EdDSA", "ES256K", "ES256"}
    assert not Report(checks=()).ok


if __name__ == "__main__":
    main()
