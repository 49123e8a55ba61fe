"""The errors and values of onboarding. No I/O."""

from dataclasses import dataclass
from typing import Final

from claim_issuers.errors import Conflict, InvalidInput, NotFound, NotPermitted
from claim_issuers.identifiers.accounts import Account

DEPLOY_IDENTITY_JOB: Final = "deploy_identity_contract"
ADD_CLAIM_JOB: Final = "add_claim"
REGISTER_IDENTITY_JOB: Final = "register_identity"


def deployment_keys(account: Account) -> tuple[str, str]:
    """The unique keys of the job that finds or deploys an identity contract, and of its transaction."""
    return f"identity_contract:{account}", f"deploy_identity:{account}"


def addition_keys(form_id: str) -> tuple[str, str]:
    """The unique keys of the job that adds a form to its identity contract, and of its transaction."""
    return f"add_claim:{form_id}", f"add_claim_transaction:{form_id}"


def registration_keys(token: Account, account: Account) -> tuple[str, str]:
    """The unique keys of the job that registers an account for a token, and of its transaction."""
    return f"register:{token}:{account}", f"register_transaction:{token}:{account}"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A place in a token's registration queue."""

    token: Account
    account: Account
    country: int
    job_id: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallData:
    """A transaction for somebody else to send: the contract's account, the call data, and who may send it."""

    to: Account
    data: bytes
    sender: str
