"""Authorised signatories in an intermediary's claim: accounts as did:pkh, each once, at most twenty, and none for others."""

from typing import Any

import pytest

from claim_issuers import Account, ChainId, claim_type, validate_attributes
from claim_issuers.claims.vocabulary import InvalidClaimAttributes
from claim_issuers.identifiers.accounts import Address
from claim_issuers.orders.evidence import attested_signatories
from tests.claim_issuers.builders import ACCOUNT, LICENCE, OFFICE, a_claim

TWENTY = [Account(ChainId(1), Address(bytes([number]) * 20)).did for number in range(1, 21)]
INTERMEDIARIES = [("FAMILY_OFFICE", OFFICE), ("CUSTODIAN", LICENCE), ("BROKER_DEALER", LICENCE), ("INVESTMENT_MANAGER", LICENCE)]


@pytest.mark.parametrize(("kind", "attributes"), INTERMEDIARIES)
def test_an_intermediarys_claim_may_attest_up_to_twenty_signatories(kind: str, attributes: dict[str, Any]) -> None:
    claim = a_claim(kind=kind, attributes={**attributes, "authorised_signatories": TWENTY})
    assert attested_signatories(claim) == set(TWENTY)
    assert claim.attributes_json()["authorised_signatories"] == TWENTY


def test_a_claim_that_names_none_attests_none_and_keeps_its_form() -> None:
    claim = a_claim(kind="FAMILY_OFFICE", attributes=OFFICE)
    assert attested_signatories(claim) == frozenset()
    assert claim.attributes_json() == OFFICE
    assert attested_signatories(a_claim()) == frozenset()


BAD: list[Any] = [
    [],
    [*TWENTY, Account(ChainId(1), Address(bytes([21]) * 20)).did],
    [TWENTY[0], TWENTY[0]],
    ["did:web:office.example"],
    [str(ACCOUNT)],
    [ACCOUNT.did.lower()],
    ["did:pkh:did:pkh:" + str(ACCOUNT)],
    [7],
    TWENTY[0],
]


@pytest.mark.parametrize("signatories", BAD)
@pytest.mark.parametrize(("kind", "attributes"), INTERMEDIARIES[:2])
def test_signatories_in_another_form_are_refused(kind: str, attributes: dict[str, Any], signatories: Any) -> None:
    with pytest.raises(InvalidClaimAttributes) as refused:
        validate_attributes(claim_type(kind), {**attributes, "authorised_signatories": signatories})
    assert (refused.value.pointer or "").startswith("/authorised_signatories")


def test_an_investor_has_no_signatories() -> None:
    with pytest.raises(InvalidClaimAttributes):
        validate_attributes(claim_type("INVESTOR"), {"classification": "retail", "authorised_signatories": TWENTY})
