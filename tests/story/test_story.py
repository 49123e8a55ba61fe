"""The story of the case study on both engines, and what the chain itself says when it is over."""

from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.secp256k1 import signature_encodings
from identity_service.chain.identity_reads import SignedClaim
from identity_service.demo import cast
from identity_service.demo.story import ISSUED, STORY
from identity_service.demo.world import World
from identity_service.register.model import effective


def test_the_whole_story_holds_and_the_chain_agrees(scene: World) -> None:
    for step in STORY:
        assert step.run(scene), step.name
    head, reads = scene.head, scene.reads
    address = {name: wallet.address for name, wallet in scene.wallet.items()}
    balances = {name: reads.balance(address[name], head) for name in address}
    assert sum(balances.values()) == reads.total_supply(head) == ISSUED
    assert not reads.is_verified(address["office-linden"], head)
    assert not reads.is_verified(address[cast.REVOKED_CLIENT], head)
    assert reads.is_verified(address["client-anna"], head)
    _no_encoding_of_the_revoked_claim_is_valid(scene)
    _effective_amounts_are_what_the_chain_allows(scene)


def _no_encoding_of_the_revoked_claim_is_valid(scene: World) -> None:
    form = scene.form["office-linden"]
    issuer, identity = (Address.parse(str(form[part])) for part in ("claim_issuer_contract", "identity_contract"))
    for encoding in signature_encodings(bytes.fromhex(str(form["signature"])[2:])):
        claim = SignedClaim(
            identity_contract=identity,
            topic=int(str(form["topic"])),
            data=bytes.fromhex(str(form["data"])[2:]),
            signature=encoding,
        )
        assert not scene.identities.is_claim_valid(issuer, claim, scene.head)


def _effective_amounts_are_what_the_chain_allows(scene: World) -> None:
    head = scene.head
    for row in scene.cap_table("regulator", "supervision")["items"]:
        holder = Address.parse(row["registered_holder"]["account"].rpartition(":")[2])
        for authority in row["transfer_authorities"]:
            spender = Address.parse(authority["spender"]["account"].rpartition(":")[2])
            allowance = scene.reads.allowance(holder, spender, head)
            expected = effective(
                allowance=allowance,
                balance=scene.reads.balance(holder, head),
                frozen=scene.reads.frozen_quantity(holder, head),
                paused=scene.reads.paused(head),
                holder_frozen=scene.reads.is_frozen(holder, head),
            )
            assert (int(authority["allowance"]), int(authority["effective"])) == (allowance, expected)
