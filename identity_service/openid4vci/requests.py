"""What wallets send to the credential, deferred credential and notification endpoints, read once into values. No I/O.

>>> wanted = CredentialRequest.read({"credential_configuration_id": "INVESTOR", "proofs": {"jwt": ["..."]}})
>>> wanted.configuration_id, wanted.identifier
('INVESTOR', None)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from identity_service.openid4vci.encryption import ResponseEncryption
from identity_service.openid4vci.model import (
    Authorization,
    CredentialConfigurationUnknown,
    CredentialIdentifierUnknown,
    CredentialRequestInvalid,
    NotificationInvalid,
    TransactionUnknown,
    WalletEvent,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRequest:
    """A credential request (OpenID4VCI 1.0 §8.2): exactly one of ``configuration_id`` and ``identifier`` is given.

    ``proofs`` is as it came; ``proofs.verify_key_proofs`` judges it.
    """

    configuration_id: str | None
    identifier: str | None
    proofs: object
    encryption: ResponseEncryption | None

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """The request in ``body``. Raises CredentialRequestInvalid, EncryptionParametersInvalid."""
        configuration_id, identifier = body.get("credential_configuration_id"), body.get("credential_identifier")
        if (configuration_id is None) == (identifier is None):
            raise CredentialRequestInvalid("give either credential_configuration_id or credential_identifier")
        if not isinstance(configuration_id if identifier is None else identifier, str):
            raise CredentialRequestInvalid("credential_configuration_id and credential_identifier are texts")
        if "proof" in body:
            raise CredentialRequestInvalid('send key proofs in the member proofs: "proofs": {"jwt": [...]}', pointer="/proof")
        return cls(
            configuration_id=configuration_id,
            identifier=identifier,
            proofs=body.get("proofs"),
            encryption=_encryption(body),
        )

    def require_authorized(self, authorization: Authorization) -> None:
        """Return when the token opens what is asked for.

        Where the token response named credential identifiers, they must be used. Raises CredentialConfigurationUnknown,
        CredentialIdentifierUnknown, CredentialRequestInvalid.
        """
        if self.identifier is not None:
            if self.identifier != authorization.credential_identifier:
                raise CredentialIdentifierUnknown("use a credential identifier of the token response")
            return
        if authorization.credential_identifier is not None:
            raise CredentialRequestInvalid("the token response named credential identifiers: use one of them")
        if self.configuration_id != authorization.configuration_id:
            raise CredentialConfigurationUnknown("the access token is for another credential configuration")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredRequest:
    """A deferred credential request (OpenID4VCI 1.0 §9.1)."""

    transaction_id: str
    encryption: ResponseEncryption | None

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """The request in ``body``. Raises TransactionUnknown, EncryptionParametersInvalid."""
        transaction_id = body.get("transaction_id")
        if not isinstance(transaction_id, str):
            raise TransactionUnknown("give the transaction_id of the credential response")
        return cls(transaction_id=transaction_id, encryption=_encryption(body))


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What a wallet says became of its credentials (OpenID4VCI 1.0 §11.1); its words for people are not kept."""

    notification_id: str
    event: WalletEvent

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """The notification in ``body``. Raises NotificationInvalid."""
        notification_id, event = body.get("notification_id"), body.get("event")
        if not isinstance(notification_id, str):
            raise NotificationInvalid("give the notification_id of the credential response", pointer="/notification_id")
        if not isinstance(event, str) or event not in {one.value for one in WalletEvent}:
            raise NotificationInvalid("choose the event from: " + ", ".join(WalletEvent), pointer="/event")
        if not isinstance(body.get("event_description", ""), str):
            raise NotificationInvalid("event_description is a text", pointer="/event_description")
        return cls(notification_id=notification_id, event=WalletEvent(event))


def _encryption(body: Mapping[str, Any]) -> ResponseEncryption | None:
    wanted = body.get("credential_response_encryption")
    return None if wanted is None else ResponseEncryption.parse(wanted)
