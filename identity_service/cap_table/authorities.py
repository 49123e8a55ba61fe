"""Who may move a person's own tokens, on every token we follow, and how to end it: the holder's side of custody (DESIGN §2).

>>> authorities.given_by(session, caller)[0].given[0].cancel.data.hex()[:8]      # doctest: +SKIP
'095ea7b3'
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.identifiers.accounts import Account
from identity_service.access.model import Caller
from identity_service.cap_table.joining import Joined, authority, join
from identity_service.cap_table.model import TransferAuthority, is_intermediary
from identity_service.cap_table.service import OLDEST_REGISTER
from identity_service.chain import erc20
from identity_service.issuance.service import Issuance
from identity_service.parties.bases import Basis
from identity_service.parties.disclosures import Disclosures
from identity_service.parties.model import Candidate
from identity_service.parties.service import Parties
from identity_service.register.model import Allowance, AsOf, RegisterBehind
from identity_service.register.service import Register
from identity_service.tokens.model import Token
from identity_service.tokens.service import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """The transaction that ends an authority, for the holder's own wallet to send: ``approve(spender, 0)``."""

    to: Account
    data: bytes
    sender: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAuthority:
    """One allowance of the person's; ``balance`` in base units, ``legal_name`` where the spender is or was an intermediary."""

    owner: Account
    authority: TransferAuthority
    legal_name: str | None
    balance: int
    cancel: Cancellation


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAuthorities:
    """The authorities that a person gave over one token; no ``as_of`` means that its register stands still (``error``)."""

    token: Token
    as_of: AsOf | None
    error: RegisterBehind | None
    given: tuple[GivenAuthority, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What one token's register says of the person's accounts."""

    token: Token
    as_of: AsOf | None = None
    error: RegisterBehind | None = None
    allowances: tuple[Allowance, ...] = ()
    balances: Mapping[Account, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAuthorities:
    """Reads the registers of all tokens for one person."""

    clock: Clock
    register: Register
    tokens: Tokens
    parties: Parties
    issuance: Issuance
    disclosures: Disclosures

    def given_by(self, session: Session, caller: Caller) -> list[TokenAuthorities]:
        """Every live allowance of the caller's own accounts, by token; tokens without any are left out.

        A token whose register is behind stays in with its error: an authority may be hidden there. Raises AccountUnknown.
        """
        assert caller.account is not None  # noqa: S101 - the scope "me" is a wallet's
        party_id = self.parties.account(session, caller.account).party_id
        own = [one.account for one in self.parties.accounts_of(session, party_id)]
        found = [self._read(session, token, own) for token in self.tokens.list(session) if _on_chain(own, token)]
        allowances = [one for read in found for one in read.allowances]
        joined = join(session, self.parties, self.issuance, owners=(), allowances=allowances, instant=self.clock.now())
        names = self._names(session, caller, party_id, joined)
        return [_token_authorities(read, joined, names) for read in found if read.allowances or read.error]

    def _read(self, session: Session, token: Token, own: Sequence[Account]) -> _Read:
        try:
            progress = self.register.progress(session, token)
            progress.require_fresh(now=self.clock.now(), within=OLDEST_REGISTER)
        except RegisterBehind as error:
            return _Read(token=token, error=error, balances={})
        given = [
            one
            for account in _on_chain(own, token)
            for one in self.register.allowances_of(session, token, account)
            if one.allowance
        ]
        owners = dict.fromkeys(one.owner for one in given)
        return _Read(
            token=token,
            as_of=progress.indexed_to,
            allowances=tuple(given),
            balances={owner: self.register.holding(session, token, owner).quantity for owner in owners},
        )

    def _names(self, session: Session, caller: Caller, party_id: str, joined: Joined) -> dict[str, str]:
        """Legal names of the spenders who are or were intermediaries, by party.

        Nobody else is named: otherwise a small allowance for any address would buy the name behind it.
        """
        firms = {bound.party_id for spender, bound in joined.bound.items() if is_intermediary(joined.claims.get(spender, []))}
        opened = self.disclosures.open(
            session,
            caller=caller,
            basis=Basis.of_authorities(party_id, frozenset(firms)),
            candidates=[Candidate(party_id=one, quantity=0, is_intermediary=True) for one in sorted(firms)],
        )
        return {firm: fields["legal_name"] for firm, fields in opened.items() if "legal_name" in fields}


def _on_chain(accounts: Iterable[Account], token: Token) -> list[Account]:
    return [one for one in accounts if one.chain == token.chain]


def _token_authorities(read: _Read, joined: Joined, names: Mapping[str, str]) -> TokenAuthorities:
    given = tuple(_given(one, read, authority(one, joined), joined, names) for one in read.allowances)
    return TokenAuthorities(token=read.token, as_of=read.as_of, error=read.error, given=given)


def _given(allowance: Allowance, read: _Read, found: TransferAuthority, joined: Joined, names: Mapping[str, str]) -> GivenAuthority:
    named = is_intermediary(joined.claims.get(allowance.spender, []))
    return GivenAuthority(
        owner=allowance.owner,
        authority=found,
        legal_name=names.get(found.party_id or "") if named else None,
        balance=read.balances[allowance.owner],
        cancel=Cancellation(
            to=read.token.id,
            data=erc20.APPROVE.encode(allowance.spender.address, 0),
            sender=allowance.owner,
        ),
    )
