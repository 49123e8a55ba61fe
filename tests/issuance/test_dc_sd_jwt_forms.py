"""The form that a wallet keeps: bound to its key and to the account, one for each key, intended before it is signed."""

import pytest

from claim_issuers.clock import SystemEntropy
from claim_issuers.formats.presented_claim import PresentedClaim
from claim_issuers.formats.sd_jwt import SdJwt
from claim_issuers.formats.sd_jwt_vc import SdJwtVc
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.signers import Ed25519Signer, P256Signer
from identity_service.issuance.model import SD_JWT_VC, ClaimNotLive, FormUnknown
from tests.support.desk import Desk

ACTOR = "a wallet"


def wallet_keys() -> list[dict[str, str]]:
    """Two keys as wallets have them."""
    entropy = SystemEntropy()
    return [P256Signer(entropy.token_bytes(32)).public_key.jwk(), Ed25519Signer(entropy.token_bytes(32)).public_key.jwk()]


def intend(desk: Desk, claim: str, keys: list[dict[str, str]]) -> list[str]:
    with desk.stand.service.db.write() as session:
        return desk.stand.service.forms.intend_sd_jwt_vc(session, claim, keys, actor=ACTOR)


def credential(desk: Desk, form: str) -> str:
    with desk.stand.service.db.read() as session:
        return desk.stand.service.forms.credential(session, form)


def read(desk: Desk, text: str) -> PresentedClaim:
    """What the credential says, under the claim issuer's published key."""
    document = desk.stand.http.get(f"/claim-issuers/{desk.issuer['id']}/did.json").json
    key = public_key_from_jwk(document["verificationMethod"][0]["publicKeyJwk"])
    types = desk.stand.service.forms.credential_types
    return SdJwtVc(types, secret=bytes(32)).read(SdJwt.parse(text), keys=lambda _issuer, _kid: key)


def test_a_credential_for_each_key_that_a_wallet_proved_shares_account_and_status(desk: Desk) -> None:
    claim, keys = desk.claim(desk.onchain.actors.alice), wallet_keys()
    forms = intend(desk, claim, keys)
    for form in forms:
        desk.stand.service.forms.complete(form, actor=ACTOR)

    shown = [read(desk, credential(desk, form)) for form in forms]

    assert [one.holder_jwk for one in shown] == keys
    assert {one.account for one in shown} == {desk.onchain.actors.alice.account}
    assert len({(one.status_list_uri, one.status_list_index) for one in shown}) == 1
    assert len({text for form in forms for text in credential(desk, form).split("~")[1:] if text}) == 2 * len(shown[0].disclosed)


def test_an_intent_that_a_crash_left_open_is_finished_and_its_secret_forgotten(desk: Desk) -> None:
    (form,) = intend(desk, desk.claim(desk.onchain.actors.alice), wallet_keys()[:1])
    with pytest.raises(FormUnknown):
        credential(desk, form)

    assert desk.stand.service.forms.reconcile() == 1

    assert credential(desk, form).count("~") > 1
    with desk.stand.service.db.engine.connect() as connection:
        left = connection.exec_driver_sql("SELECT count(*) FROM issuance_forms WHERE sealed_secret IS NOT NULL").scalar()
    assert left == 0


def test_a_claim_that_ended_meanwhile_gets_no_credential(desk: Desk) -> None:
    claim = desk.claim(desk.onchain.actors.alice)
    (form,) = intend(desk, claim, wallet_keys()[:1])
    desk.session.post(f"/v1/claims/{claim}/revoke", {"reason": "superseded"})

    desk.stand.service.forms.complete(form, actor=ACTOR)

    with pytest.raises(FormUnknown):
        credential(desk, form)
    with pytest.raises(ClaimNotLive):
        intend(desk, claim, wallet_keys()[:1])
    told = desk.session.get(f"/v1/claims/{claim}")
    assert sorted(one["format"] for one in told["forms"]) == [SD_JWT_VC, "vc+jwt"]
