"""An office whose account is a contract (ERC-1271) signs orders too, and one that delegates its code still signs with its key."""

from dataclasses import replace

from claim_issuers import sign_order
from tests.conftest import ONE_ENGINE
from tests.orders.floor import OFFICE, Floor
from tests.support.contract_wallet import contract_wallet

ENGINES = ONE_ENGINE


def test_a_contract_wallets_order_is_accepted_when_the_contract_says_so(floor: Floor) -> None:
    desk, actors = floor.desk, floor.desk.onchain.actors
    safe = contract_wallet(actors.bob)
    desk.claim(safe, claim_type="FAMILY_OFFICE", attributes=OFFICE)
    theirs = {"intermediary": safe.account, "signatory": safe.account}
    floor.accepted(floor.signed(safe, **theirs))
    assert floor.refused(floor.signed(actors.carol, **theirs)) == "order_signed_by_another_account"
    assert floor.refused(replace(floor.signed(safe, **theirs), signature=b"no")) == "order_signed_by_another_account"


def test_the_contracts_owner_signs_for_the_contract_and_not_for_itself(floor: Floor) -> None:
    bob = floor.desk.onchain.actors.bob
    safe = contract_wallet(bob)
    floor.desk.claim(safe, claim_type="FAMILY_OFFICE", attributes=OFFICE)
    own = floor.order(intermediary=bob.account, signatory=bob.account)
    assert floor.refused(sign_order(own, bob.signer)) == "order_claim_missing"


def test_a_person_behind_a_contract_wallet_is_named_as_its_attested_signatory(floor: Floor) -> None:
    bob, carol = floor.desk.onchain.actors.bob, floor.desk.onchain.actors.carol
    safe = contract_wallet(bob)
    attributes = {**OFFICE, "authorised_signatories": [bob.account.did]}
    floor.desk.claim(safe, claim_type="FAMILY_OFFICE", attributes=attributes)
    floor.accepted(floor.signed(safe, intermediary=safe.account, signatory=bob.account))
    other = floor.signed(safe, intermediary=safe.account, signatory=carol.account)
    assert floor.refused(other) == "order_signatory_not_authorised"


def test_an_account_that_delegates_its_code_still_signs_with_its_key(floor: Floor) -> None:
    """EIP-7702: the account's code points at a contract that answers nothing about signatures."""
    code = "0xef0100" + floor.desk.token.address.value.hex()
    floor.desk.onchain.devchain.rpc.call("anvil_setCode", [str(floor.wallet.address), code])
    client = floor.desk.onchain.client
    assert client.get_code(floor.wallet.address, client.head()).hex() == code[2:]
    floor.accepted()
    assert floor.refused(floor.signed(floor.desk.onchain.actors.carol)) == "order_signed_by_another_account"
