"""The pure rules of offers and of what wallets send: states in their order, and each refusal by its type."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.errors import InvalidInput
from identity_service.openid4vci.authorization_details import requested_configuration
from identity_service.openid4vci.model import (
    OFFER_LIFETIME,
    Authorization,
    AuthorizationDetailsInvalid,
    CredentialConfigurationUnknown,
    CredentialIdentifierUnknown,
    CredentialRequestInvalid,
    NotificationInvalid,
    OfferProgress,
    OfferState,
    TokenRequest,
    TokenRequestInvalid,
    TransactionUnknown,
    WalletEvent,
    tx_code_of,
)
from identity_service.openid4vci.protocol_errors import EncryptionParametersInvalid, KeyProofInvalid
from identity_service.openid4vci.requests import CredentialRequest, DeferredRequest, Notification
from identity_service.openid4vci.steps import event_code
from identity_service.web.qr import QrCodeTooFine, qr_svg

MADE = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = MADE + timedelta(minutes=1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def authorization(identifier: str | None) -> Authorization:
    return Authorization(
        id="aut_1",
        offer_id=None,
        application_id="app_1",
        claim_issuer_id="cis_1",
        configuration_id="INVESTOR",
        credential_identifier=identifier,
        dpop_jkt=None,
        expires_at=LATER,
    )


@pytest.mark.parametrize(
    ("happened", "state"),
    [
        ({}, OfferState.WAITING),
        ({"fetched_at": LATER}, OfferState.SCANNED),
        ({"redeemed_at": LATER}, OfferState.PROVED),
        ({"redeemed_at": LATER, "deferred_at": LATER}, OfferState.DEFERRED),
        ({"redeemed_at": LATER, "withdrawn_at": LATER}, OfferState.WITHDRAWN),
        ({"fetched_at": LATER, "locked_at": LATER}, OfferState.LOCKED),
        ({"redeemed_at": LATER, "issued_at": LATER}, OfferState.ISSUED),
        ({"issued_at": LATER, "told": WalletEvent.ACCEPTED}, OfferState.ACCEPTED),
        ({"issued_at": LATER, "told": WalletEvent.FAILED}, OfferState.REFUSED),
        ({"issued_at": LATER, "told": WalletEvent.DELETED}, OfferState.REFUSED),
    ],
    ids=["waiting", "scanned", "proved", "deferred", "withdrawn", "locked", "issued", "accepted", "failed", "deleted"],
)
def test_an_offer_is_as_far_as_what_happened_to_it(happened: Mapping[str, Any], state: OfferState) -> None:
    progress = OfferProgress(expires_at=MADE + OFFER_LIFETIME, **happened)
    assert progress.state(LATER) is state
    assert progress.seconds_left(LATER) == (540 if state.is_open else 0)
    over = progress.state(MADE + OFFER_LIFETIME)
    assert over is (OfferState.EXPIRED if state.is_open else state), "only what is open expires"


def test_transaction_codes_have_six_digits_and_may_begin_with_zeros() -> None:
    assert tx_code_of(bytes(16)) == "000000"
    assert tx_code_of((10**6 + 42).to_bytes(16)) == "000042"


def test_a_credential_request_names_its_credential_in_one_way() -> None:
    for body in ({}, {"credential_configuration_id": "A", "credential_identifier": "b"}, {"credential_identifier": 1}):
        with pytest.raises(CredentialRequestInvalid):
            CredentialRequest.read(body)
    with pytest.raises(CredentialRequestInvalid):
        CredentialRequest.read({"credential_configuration_id": "INVESTOR", "proof": {}})
    with pytest.raises(EncryptionParametersInvalid):
        CredentialRequest.read({"credential_configuration_id": "INVESTOR", "credential_response_encryption": 1})
    by_configuration = CredentialRequest.read({"credential_configuration_id": "INVESTOR"})
    by_configuration.require_authorized(authorization(None))
    with pytest.raises(CredentialRequestInvalid):
        by_configuration.require_authorized(authorization("crd_1"))
    with pytest.raises(CredentialConfigurationUnknown):
        CredentialRequest.read({"credential_configuration_id": "CUSTODIAN"}).require_authorized(authorization(None))
    by_identifier = CredentialRequest.read({"credential_identifier": "crd_1"})
    by_identifier.require_authorized(authorization("crd_1"))
    for other in ("crd_2", None):
        with pytest.raises(CredentialIdentifierUnknown):
            by_identifier.require_authorized(authorization(other))


def test_deferred_requests_notifications_and_token_requests_lack_nothing() -> None:
    with pytest.raises(TransactionUnknown):
        DeferredRequest.read({"transaction_id": 1})
    with pytest.raises(NotificationInvalid):
        Notification.read({"notification_id": "n", "event": "credential_lost"})
    with pytest.raises(TokenRequestInvalid):
        TokenRequest(claim_issuer_id="cis_1", form={"code": ""}, dpop_jkt=None).required("code")


@given(JSON)
def test_whatever_a_wallet_sends_is_read_or_refused(said: Any) -> None:
    names = ("credential_configuration_id", "credential_identifier", "proofs", "credential_response_encryption", "event")
    for body in ({name: said} for name in (*names, "transaction_id", "notification_id")):
        for read in (CredentialRequest.read, DeferredRequest.read, Notification.read):
            try:
                read(body)
            except (InvalidInput, TransactionUnknown):
                continue


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "[1]",
        '[{"type":"openid_credential"}]',
        '[{"type":"other","credential_configuration_id":"INVESTOR"}]',
        '[{"type":"openid_credential","credential_configuration_id":"INVESTOR","locations":["https://elsewhere.example"]}]',
        '[{"type":"openid_credential","credential_configuration_id":["INVESTOR"]}]',
        '[{"type":"openid_credential","credential_configuration_id":"A"},{"type":"openid_credential"}]',
        "[" * 5000,
    ],
    ids=["nothing", "object", "empty", "number", "no name", "other type", "other place", "list", "two", "long"],
)
def test_authorization_details_ask_for_one_credential(text: str) -> None:
    with pytest.raises(AuthorizationDetailsInvalid):
        requested_configuration(text, credential_issuer="https://issuer.example")


def test_events_have_the_protocol_s_word_unless_it_says_too_little() -> None:
    assert event_code(KeyProofInvalid()) == "invalid_proof"
    assert event_code(TokenRequestInvalid()) == "token_request_invalid"


def test_an_address_too_long_gives_no_qr_code() -> None:
    assert qr_svg("openid-credential-offer://?credential_offer_uri=x", title="QR code").startswith(b"<svg role=")
    with pytest.raises(QrCodeTooFine):
        qr_svg("h" * 153, title="QR code")
