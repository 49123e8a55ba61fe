"""The errors and values of onboarding. No I/O."""

from dataclasses import dataclass
from typing import Final

from claim_issuers.errors import Conflict, NotFound, NotPermitted
from claim_issuers.identifiers.accounts import Account

DEPLOY_IDENTITY_JOB: Final = "deploy_identity_contract"
ADD_CLAIM_JOB: Final = "add_claim"
REGISTER_IDENTITY_JOB: Final = "register_identity"


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
