"""Which accounts' identity links to read, and at which blocks.

The storage's events say that a link changed but not always whose or to what: IdentityStored is silent about the country,
IdentityModified names the two identity contracts and not the account. So every account that an event may concern is read at the
end of that event's block, and what the storage answers there is the link.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set

from claim_issuers.identifiers.accounts import Address
from identity_service.register import events
from identity_service.register.events import Event


def modified_identities(found: Iterable[Event]) -> frozenset[Address]:
    """The identity contracts that some unnamed account left."""
    return frozenset(event.before for event in found if isinstance(event, events.IdentityModified))


def accounts_to_read(found: Iterable[Event], linked: Mapping[Address, Set[Address]]) -> dict[int, set[Address]]:
    """For each block the accounts whose link may have changed in it; events come in chain order.

    ``linked`` gives, for each of ``modified_identities``, the accounts linked to it before the first event. An account stays a
    candidate for every identity contract it may have passed through: reading one too many costs a call and changes nothing.
    """
    possible: dict[Address, set[Address]] = defaultdict(set, {identity: set(accounts) for identity, accounts in linked.items()})
    wanted: dict[int, set[Address]] = defaultdict(set)
    for event in found:
        match event:
            case events.IdentityStored():
                possible[event.identity_contract].add(event.account)
                wanted[event.at.block].add(event.account)
            case events.IdentityUnstored() | events.CountryModified():
                wanted[event.at.block].add(event.account)
            case events.IdentityModified():
                possible[event.after] |= possible[event.before]
                wanted[event.at.block] |= possible[event.before]
    return dict(wanted)
