"""Reads which claims a token's registry demands, from whom, and what stands in their places on an identity contract."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from claim_issuers.formats.erc735 import claim_id
from claim_issuers.identifiers.accounts import Address
from identity_service.chain import onchainid, trex
from identity_service.chain.asking import Question as Asked
from identity_service.chain.asking import someone
from identity_service.chain.contracts import Function
from identity_service.chain.reads import TokenReads
from identity_service.tokens.model import Token
from identity_service.verification.contract_answers import ContractAnswers, Listed
from identity_service.verification.explain import MOST_TOPICS, MOST_TRUSTED, DemandedTopic, OnchainState, TrustedIssuer

# The holder chooses a claim's URI, and no contract demands that it be UTF-8: it is read as bytes and left alone.
_GET_CLAIM: Final = Function("getClaim(bytes32)", "uint256,uint256,address,bytes,bytes,bytes")
_MOST_UNTRUSTED: Final = 10
_LONGEST_CLAIM: Final = 16 * 1024

_Place = tuple[int, Address]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimReads:
    """Reads for one token at one block; ``contracts`` asks whoever cannot be relied on."""

    token: Token
    reads: TokenReads
    contracts: ContractAnswers

    def demanded(self, identity_contract: Address | None) -> tuple[tuple[DemandedTopic, ...], int]:
        """Each topic that the registry demands, with the claim issuers it trusts and what stands there; and how many more topics.

        Raises CallReverted, NoContract, ChainAnswerMalformed where the registries do not answer.
        """
        wiring = self.reads.wiring(self.contracts.block)
        (topics,) = self.contracts.required_lists([(wiring.topics_registry, trex.GET_CLAIM_TOPICS, ())], MOST_TOPICS)
        asked: list[Asked] = [
            (wiring.issuers_registry, trex.GET_TRUSTED_ISSUERS_FOR_CLAIM_TOPIC, (topic,)) for topic in topics.items
        ]
        trusted = dict(zip(topics.items, self.contracts.required_lists(asked, MOST_TRUSTED), strict=True))
        states = self._states(identity_contract, [(topic, one) for topic, listed in trusted.items() for one in listed.items])
        untrusted = self._untrusted(identity_contract, trusted)
        found = tuple(
            DemandedTopic(
                topic=topic,
                claim_types=self.token.claim_types_of(topic),
                trusted=tuple(TrustedIssuer(contract=one, state=states[topic, one]) for one in listed.items),
                untrusted=untrusted[topic],
                not_asked=listed.left_out,
            )
            for topic, listed in trusted.items()
        )
        return found, topics.left_out

    def _states(self, identity_contract: Address | None, places: Sequence[_Place]) -> Mapping[_Place, OnchainState]:
        """What stands in each (topic, claim issuer)'s place, asked as the registry asks: the claim, then its claim issuer.

        A claim longer than any that is made is not handed on to its claim issuer and counts as invalid.
        """
        if identity_contract is None:
            return dict.fromkeys(places, OnchainState.MISSING)
        kept = self.contracts.answers([(identity_contract, _GET_CLAIM, (claim_id(one, topic),)) for topic, one in places])
        found = {place: claim for place, claim in zip(places, kept, strict=True) if claim is not None and claim[0] == place[0]}
        asked = {place: claim for place, claim in found.items() if len(claim[3]) + len(claim[4]) <= _LONGEST_CLAIM}
        valid = self.contracts.answers(
            [(issuer, onchainid.IS_CLAIM_VALID, (identity_contract, topic, *asked[topic, issuer][3:5])) for topic, issuer in asked]
        )
        revoked = self.contracts.answers(
            [(issuer, onchainid.IS_CLAIM_REVOKED, (claim[3],)) for (_, issuer), claim in asked.items()]
        )
        said = {place: (bool(yes), bool(gone)) for place, yes, gone in zip(asked, valid, revoked, strict=True)}
        judged = {place: _state(place, claim, *said.get(place, (False, False))) for place, claim in found.items()}
        return {place: judged.get(place, OnchainState.MISSING) for place in places}

    def _untrusted(self, identity_contract: Address | None, trusted: Mapping[int, Listed]) -> Mapping[int, tuple[Address, ...]]:
        """Other claim issuers of claims of each topic that the identity contract holds, the first few.

        Nobody where the list of the trusted was cut: who is not on it can then not be told.
        """
        none: dict[int, tuple[Address, ...]] = dict.fromkeys(trusted, ())
        if identity_contract is None:
            return none
        whole = [topic for topic, listed in trusted.items() if not listed.left_out]
        asked: list[Asked] = [(identity_contract, onchainid.GET_CLAIM_IDS_BY_TOPIC, (topic,)) for topic in whole]
        ids = zip(whole, self.contracts.lists(asked, _MOST_UNTRUSTED), strict=True)
        held = [(topic, one) for topic, listed in ids for one in listed.items]
        claims = self.contracts.answers([(identity_contract, _GET_CLAIM, (one,)) for _, one in held])
        named = [(topic, someone(claim[2])) for (topic, _), claim in zip(held, claims, strict=True) if claim is not None]
        others = [(topic, one) for topic, one in named if one is not None and one not in trusted[topic].items]
        return none | {topic: tuple(dict.fromkeys(one for of, one in others if of == topic)) for topic in whole}


def _state(place: _Place, claim: Sequence[Any], is_valid: bool, is_revoked: bool) -> OnchainState:
    if claim[2] != place[1]:
        return OnchainState.FOREIGN
    if is_valid:
        return OnchainState.VALID
    return OnchainState.REVOKED if is_revoked else OnchainState.INVALID
