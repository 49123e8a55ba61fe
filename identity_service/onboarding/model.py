"""The errors and values of onboarding. No I/O."""

from dataclasses import dataclass
from typing import Final

from claim_issuers.claims.countries import NUMERIC_CODES
from claim_issuers.errors import Conflict, InvalidInput, NotFound, NotPermitted
from claim_issuers.identifiers.accounts import Account

DEPLOY_IDENTITY_JOB: Final = "deploy_identity_contract"
ADD_CLAIM_JOB: Final = "add_claim"
REGISTER_IDENTITY_JOB: Final = "register_identity"
BRING_ON_CHAIN_JOB: Final = "bring_claim_on_chain"


def deployment_keys(account: Account) -> tuple[str, str]:
    """The unique keys of the job that finds or deploys an identity contract, and of its transaction."""
    return f"identity_contract:{account}", f"deploy_identity:{account}"


def addition_keys(form_id: str) -> tuple[str, str]:
    """The unique keys of the job that adds a form to its identity contract, and of its transaction."""
    return f"add_claim:{form_id}", f"add_claim_transaction:{form_id}"


def registration_keys(token: Account, account: Account, revision: int = 0) -> tuple[str, str]:
    """The unique keys of the job that registers an account for a token, and of its transaction.

    ``revision`` counts how often the country changed: each country is carried to the registry by a job of its own.
    """
    suffix = f":{revision}" if revision else ""
    return f"register:{token}:{account}{suffix}", f"register_transaction:{token}:{account}{suffix}"


def bringing_key(claim_id: str, token: Account, *, relay: bool) -> str:
    """The unique key of the job that readies a claim for a token and, with ``relay``, lets our relayer send what it may."""
    return f"bring_on_chain:{claim_id}:{token}:{'relay' if relay else 'self'}"


class IdentityFactoryMissing(Conflict):
    """No token on this chain names an identity factory and gateway to trust."""

    code = "identity_factory_missing"


class RelayerNotPermitted(NotPermitted):
    """Our relayer has no claim key on the identity contract: its holder must add the key, or send the claim itself."""

    code = "relayer_not_permitted"


class AgentKeyMissing(Conflict):
    """The service holds no agent key for this token: its agent must register the account itself."""

    code = "agent_key_missing"


class RegistrationUnknown(NotFound):
    """The account was not put into this token's registration queue."""

    code = "registration_unknown"


class WrongChainForRegistration(InvalidInput):
    """The account lies on another chain than the token that is to know it."""

    code = "wrong_chain_for_registration"


class NotTheTokenIssuer(NotPermitted):
    """Only the token's issuer may do this."""

    code = "not_the_token_issuer"


class IdentityContractShared(Conflict):
    """The factory links the identity contract to a wallet that the same party did not prove to us.

    The factory asks nobody's consent when it links a wallet, so somebody else's identity contract may have been put behind it.
    """

    code = "identity_contract_shared"


class NoClaimForToken(Conflict):
    """The party holds no live claim that the token accepts, so its agent is not asked to register it."""

    code = "no_claim_for_token"


class CountryNotTaken(Conflict):
    """A compliance module of the token refuses holders of this country, or holders who name none."""

    code = "country_not_taken"


class CountryUnassigned(InvalidInput):
    """ISO 3166-1 assigns this number to no country."""

    code = "country_unassigned"


class RegistrationChanged(Conflict):
    """The place in the queue is not, or no more, as the token's agent says it read it: a holder may change what they ask for."""

    code = "registration_changed"


def require_country(country: int) -> None:
    """Return for 0, which says nothing, and for a number that ISO 3166-1 assigns. Raises CountryUnassigned."""
    if country and country not in NUMERIC_CODES:
        raise CountryUnassigned("give a country's number as ISO 3166-1 assigns it, or 0", pointer="/country")


def country_differs(country: int, on_record: str | None) -> bool | None:
    """Whether a holder names another country than the one on record, an alpha-2 code; None where one of the two is not said.

    >>> country_differs(756, "CH"), country_differs(250, "CH"), country_differs(0, "CH"), country_differs(756, None)
    (False, True, None, None)
    """
    return NUMERIC_CODES[country] != on_record if country and on_record else None


REQUESTED: Final = "requested"
"""The state of a registration that waits for the token's agent; the others are those of its job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A place in a token's registration queue; ``job_id`` is None while it waits for the token's agent.

    ``revision`` counts changes of the country; ``country_differs`` is as the function of this name says, and None where the
    country is not the holder's word.
    """

    token: Account
    account: Account
    country: int
    revision: int
    country_differs: bool | None
    job_id: str | None
    state: str
    by_holder: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallData:
    """A transaction for somebody else to send: the contract's account, the call data, and who may send it."""

    to: Account
    data: bytes
    sender: str
