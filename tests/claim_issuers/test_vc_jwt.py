"""The credential form: what it holds, that it reads back, and that nothing else is read as one."""

import pytest
from builders import ACCOUNT, ISSUER, ISSUER_SIGNER, STATUS_LIST, VALID, WALLET, a_claim, addresses
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers import Account, ChainId, Ed25519Signer
from claim_issuers.formats import jose, vc_jwt
from claim_issuers.formats.credential import MalformedCredential
from claim_issuers.formats.vc_jwt import claim_of, credential_of, decode, encode
from claim_issuers.keys.curves import BadSignature


def keys(issuer: str, kid: str):
    return {(ISSUER, ISSUER_SIGNER.kid): ISSUER_SIGNER.public_key}[issuer, kid]


def signed(credential: dict, **headers: str) -> str:
    return jose.sign_compact("vc+jwt", credential, ISSUER_SIGNER, headers)


def test_the_payload_is_the_credential():
    read = jose.read_unverified(encode(a_claim(), ISSUER_SIGNER))
    assert read.header == {"alg": "EdDSA", "kid": ISSUER_SIGNER.kid, "typ": "vc+jwt", "cty": "vc"}
    assert read.payload == {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": "urn:example:claim:1",
        "type": ["VerifiableCredential"],
        "issuer": ISSUER,
        "validFrom": "2026-11-22T12:00:00Z",
        "validUntil": "2027-11-22T12:00:00Z",
        "credentialSubject": {
            "id": f"did:pkh:{ACCOUNT}",
            "claimType": "INVESTOR",
            "attributes": {"classification": "professional", "country": "CH"},
        },
        "credentialStatus": [
            {
                "id": f"{STATUS_LIST}/{purpose}#7",
                "type": "BitstringStatusListEntry",
                "statusPurpose": purpose,
                "statusListIndex": "7",
                "statusListCredential": f"{STATUS_LIST}/{purpose}",
            }
            for purpose in ("revocation", "suspension")
        ],
        "status": {"status_list": {"idx": 7, "uri": STATUS_LIST}},
        "cnf": {"jwk": WALLET.public_key.jwk()},
        "iat": 1795348800,
        "exp": 1826884800,
    }


@given(st.sampled_from(VALID), addresses, st.integers(0, 2**31), st.integers(0, 2**32 - 1), st.booleans())
def test_every_claim_reads_back(kind, address, chain, index, with_key):
    claim = a_claim(
        kind=kind[0],
        attributes=kind[1],
        account=Account(ChainId(chain), address),
        status_list_index=index,
        holder_jwk=WALLET.public_jwk() if with_key else None,
    )
    assert decode(encode(claim, ISSUER_SIGNER), keys=keys) == claim


def test_a_key_is_asked_for_by_issuer_and_kid_together():
    with pytest.raises(jose.UnknownKey):
        decode(encode(a_claim(claim_issuer="did:web:other.example"), ISSUER_SIGNER), keys=keys)


def test_a_signature_of_another_key_is_refused():
    impostor = Ed25519Signer(bytes(32), kid=ISSUER_SIGNER.kid)
    with pytest.raises(BadSignature):
        decode(encode(a_claim(), impostor), keys=keys)


def test_another_type_of_token_is_refused():
    token = jose.sign_compact("JWT", credential_of(a_claim()), ISSUER_SIGNER)
    with pytest.raises(jose.WrongTokenType):
        decode(token, keys=keys)


def test_another_content_type_is_refused():
    with pytest.raises(MalformedCredential):
        decode(signed(credential_of(a_claim()), cty="vp"), keys=keys)


def changed(path: str, value: object) -> dict:
    credential = credential_of(a_claim())
    *parents, last = path.split(".")
    place = credential
    for name in parents:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return credential


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("@context", ["https://www.w3.org/2018/credentials/v1"]),
        ("type", "VerifiableCredential"),
        ("id", None),
        ("id", 5),
        ("issuer", {"id": ISSUER}),
        ("validFrom", "2026-11-22"),
        ("validFrom", 5),
        ("validUntil", None),
        ("validUntil", "2026-02-30T00:00:00Z"),
        ("validUntil", "2028-11-22T12:00:00Z"),
        ("exp", 1826884801),
        ("credentialSubject", []),
        ("credentialSubject.id", str(ACCOUNT)),
        ("credentialSubject.id", f"did:pkh:{str(ACCOUNT).lower()}"),
        ("credentialSubject.claimType", "WIZARD"),
        ("credentialSubject.claimType", ["INVESTOR"]),
        ("credentialSubject.claimType", "CUSTODIAN"),
        ("credentialSubject.attributes", {"classification": "rich"}),
        ("credentialSubject.attributes", 5),
        ("credentialSubject.name", "Ada"),
        ("credentialStatus", None),
        ("credentialStatus", []),
        ("status", None),
        ("status.status_list.idx", "7"),
        ("status.status_list.idx", 8),
        ("cnf", {}),
        ("cnf.jwk", "key"),
        ("cnf.jwk.d", "AAAA"),
        ("vc", {}),
        ("nbf", 1),
    ],
)
def test_a_well_signed_credential_of_another_form_is_refused(path, value):
    with pytest.raises(MalformedCredential):
        decode(signed(changed(path, value)), keys=keys)


def test_a_credential_without_expiry_is_refused():
    with pytest.raises(jose.ExpiryMissing):
        decode(signed(changed("exp", None)), keys=keys)


@given(st.dictionaries(st.text(max_size=9), st.none() | st.integers() | st.text(max_size=9) | st.lists(st.none()), max_size=4))
def test_no_payload_raises_a_stray_exception(payload):
    with pytest.raises(MalformedCredential):
        claim_of({**payload, "issuer": ISSUER})


def test_the_type_is_the_one_of_vc_jose_cose():
    assert vc_jwt.TYP == "vc+jwt"
