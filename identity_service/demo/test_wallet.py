"""A wallet without a screen, for trying out invitations in test mode: its own key, and the same HTTP API as any wallet.

>>> invitation_of("http://127.0.0.1:8000/i/abcdefghijklmnopqrstuvwxyz")
('http://127.0.0.1:8000', 'abcdefghijklmnopqrstuvwxyz')
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from claim_issuers.errors import Conflict, InvalidInput, Refused
from claim_issuers.identifiers.accounts import Account, ChainId
from claim_issuers.keys.secp256k1 import eip191_digest
from claim_issuers.keys.signers import Secp256k1Signer
from claim_issuers.verifiers.checks import Outcome, Verification
from identity_service.demo.api import Session, SigningWallet, Transport, person, require_success
from identity_service.demo.loopback import require_loopback
from identity_service.demo.verifying import Verifier
from identity_service.demo.world import TookTooLong

_PATIENCE: Final = timedelta(minutes=10)
_POLL: Final = timedelta(seconds=1)
_CODE: Final = re.compile(r"[a-z2-7]{26}")


class NotAnInvitation(InvalidInput):
    """The address is not that of an invitation."""

    code = "not_an_invitation"


class ServiceHasNoChain(Conflict):
    """The service is set up for no chain, so nobody can prove an account to it."""

    code = "service_has_no_chain"


class ApplicationRejected(Refused):
    """The claim issuer rejected the application; ``reason`` is its code."""

    code = "application_rejected"


class CredentialNotVerified(Refused):
    """The credential did not pass every check; ``checks`` says which."""

    code = "credential_not_verified"


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """An account that signs messages and sends nothing."""

    chain: ChainId
    signer: Secp256k1Signer

    @property
    def account(self) -> Account:
        return Account(self.chain, self.signer.address)

    def sign_message(self, message: str) -> bytes:
        """The EIP-191 personal signature over ``message``: 65 bytes."""
        return self.signer.sign_digest(eip191_digest(message.encode()))


def _quietly(_sentence: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestWallet:
    """One account and what to do with an invitation. ``tell`` gets a sentence at each step.

    ``patience`` is for the claim issuer's decision.
    """

    transport: Transport
    holder: SigningWallet
    tell: Callable[[str], None] = _quietly
    patience: timedelta = _PATIENCE

    __test__ = False  # pytest takes every class of such a name for a test

    @classmethod
    def fresh(
        cls, transport: Transport, *, tell: Callable[[str], None] = _quietly, patience: timedelta = _PATIENCE
    ) -> "TestWallet":
        """A wallet with a key of its own, on the first chain of the service. Raises ServiceHasNoChain."""
        chains = require_success(transport.send("GET", "/v1/chains", headers={}), "/v1/chains").json()["items"]
        if not chains:
            raise ServiceHasNoChain("set up a chain: without one no account can be proved")
        signer = Secp256k1Signer(transport.entropy.token_bytes(32))
        return cls(transport=transport, holder=KeyHolder(ChainId.parse(chains[0]["chain"]), signer), tell=tell, patience=patience)

    @classmethod
    def of(cls, transport: Transport, holder: SigningWallet) -> "TestWallet":
        """A wallet for an account that exists, telling nobody what it does."""
        return cls(transport=transport, holder=holder)

    @property
    def account(self) -> Account:
        """The account that it proves."""
        return self.holder.account

    def accept(self, url: str, *, party: Mapping[str, Any] | None, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """From the address in a QR code to a verified claim: the claim with ``credential`` and ``checks``.

        ``party`` says who applies (kind, legal_name, country, email); None for an account that is known already. Raises
        what ``apply`` raises, ApplicationRejected, TookTooLong, CredentialNotVerified.
        """
        session, application = self._applied(url, party, attributes)
        claim = self._claim(session, self._decided(session, application))
        return {**claim, **self._verified(session, claim)}

    def apply(self, url: str, *, party: Mapping[str, Any] | None, attributes: Mapping[str, Any]) -> str:
        """The first half of ``accept``: read the invitation, prove the account, apply; the application's id.

        Raises EgressRefused, LoopbackOnly, NotAnInvitation, ApiRefused.
        """
        return self._applied(url, party, attributes)[1]

    def _applied(self, url: str, party: Mapping[str, Any] | None, attributes: Mapping[str, Any]) -> tuple[Session, str]:
        path = f"/v1/invitation-codes/{self._code(url)}"
        self._read(path)
        session = self._prove(path)
        said = {"attributes": dict(attributes), "party": None if party is None else dict(party)}
        applied = session.post(f"{path}/application", said)
        self.tell(f"Applied: {applied['id']}. Now the claim issuer decides.")
        return session, str(applied["id"])

    def _code(self, url: str) -> str:
        base_url, code = invitation_of(url)
        if base_url != self.transport.base_url:
            raise NotAnInvitation("the invitation belongs to another service than this wallet talks to")
        return code

    def _read(self, path: str) -> None:
        said = require_success(self.transport.send("GET", path, headers={}), path).json()
        issuer = said["claim_issuer"]
        asks = f"{said['inviter']['legal_name']} invites you to ask {issuer['name']} for a claim of type {said['claim_type']}"
        self.tell(f"{asks}, by {said['expires_at']}.")
        if said["as_client_of_inviter"]:
            self.tell(f"You apply as a client of {said['inviter']['legal_name']}.")
        self.tell(f"They ask for: {', '.join(sorted(said['attributes'].get('properties', {})))}.")

    def _prove(self, path: str) -> Session:
        session = person(self.transport, self.holder)
        session.post(f"{path}/proved")
        self.tell(f"Proved the account {self.account} by a signature.")
        return session

    def _decided(self, session: Session, application: str) -> str:
        found = self._until(
            lambda: session.get(f"/v1/me/applications/{application}"), lambda one: one["state"] != "submitted", "the decision"
        )
        if found["state"] == "rejected":
            raise ApplicationRejected(f"the claim issuer's reason: {found['reason']}", reason=found["reason"])
        self.tell(f"The claim issuer has {found['state']} the application.")
        return str(found["claim"])

    def _claim(self, session: Session, claim_id: str) -> dict[str, Any]:
        path = f"/v1/me/claims/{claim_id}"
        claim = self._until(lambda: session.get(path), lambda one: one["state"] != "not_issued", "the signature")
        self.tell(f"The claim {claim_id} is {claim['state']}, valid until {claim['valid_until']}.")
        return dict(claim)

    def _verified(self, session: Session, claim: Mapping[str, Any]) -> dict[str, Any]:
        credential = session.text(f"/v1/me/claims/{claim['id']}/forms/vc+jwt")
        verification = Verifier(self.transport).verify(credential, self.account)
        checks = {check.code: check.reason or check.outcome.value for check in verification.checks}
        self.tell("Checked the credential: " + ", ".join(f"{name} {outcome}" for name, outcome in checks.items()) + ".")
        if not verification.ok:
            raise CredentialNotVerified(_failures(verification), checks=checks)
        return {"credential": credential, "checks": checks}

    def _until(self, look: Callable[[], Any], done: Callable[[Any], bool], what: str) -> Any:
        clock = self.transport.clock
        deadline = clock.now() + self.patience
        while not done(seen := look()):
            if clock.now() >= deadline:
                raise TookTooLong(f"waited for {what} {int(self.patience.total_seconds())} seconds")
            clock.sleep(_POLL)
        return seen


def invitation_of(url: str) -> tuple[str, str]:
    """The service's address and the code in an invitation's address.

    Raises EgressRefused for what is no URL, LoopbackOnly, NotAnInvitation.
    """
    require_loopback(url)
    base_url, separator, code = url.rpartition("/i/")
    if not separator or not _CODE.fullmatch(code):
        raise NotAnInvitation("an invitation's address ends in /i/ and 26 letters and digits")
    return base_url, code


def _failures(verification: Verification) -> str:
    failed = [f"{one.code}: {one.reason}" for one in verification.checks if one.outcome is not Outcome.PASSED]
    return "; ".join(failed)
