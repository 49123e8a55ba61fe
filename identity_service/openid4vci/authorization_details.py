"""Which credential a wallet asks for, in ``authorization_details`` (RFC 9396, OpenID4VCI 1.0 §5.1.1). No I/O.

>>> requested_configuration('[{"type":"openid_credential","credential_configuration_id":"INVESTOR"}]')
'INVESTOR'
"""

from typing import Any, Final

from claim_issuers.encodings.strict_json import MalformedJson, parse_array
from identity_service.openid4vci.model import AuthorizationDetailsInvalid

TYPE: Final = "openid_credential"
MAXIMUM_CHARACTERS: Final = 4096


def requested_configuration(text: str, *, credential_issuer: str | None = None) -> str:
    """The one credential configuration that the text of ``authorization_details`` asks for.

    ``credential_issuer`` is whom ``locations``, where they are given, must name. Raises AuthorizationDetailsInvalid.
    """
    try:
        entries = parse_array(text.encode() if len(text) <= MAXIMUM_CHARACTERS else b"")
    except (MalformedJson, UnicodeEncodeError) as fault:
        raise AuthorizationDetailsInvalid("authorization_details is a JSON array of one object") from fault
    if len(entries) != 1 or not isinstance(entries[0], dict):
        raise AuthorizationDetailsInvalid("authorization_details is a JSON array of one object")
    return _configuration(entries[0], credential_issuer)


def granted(configuration_id: str, credential_identifier: str) -> list[dict[str, Any]]:
    """``authorization_details`` of a token response (OpenID4VCI 1.0 §6.2)."""
    return [
        {
            "type": TYPE,
            "credential_configuration_id": configuration_id,
            "credential_identifiers": [credential_identifier],
        }
    ]


def _configuration(entry: dict[str, Any], credential_issuer: str | None) -> str:
    if entry.get("type") != TYPE:
        raise AuthorizationDetailsInvalid(f"the type is {TYPE}")
    if credential_issuer is not None and entry.get("locations", [credential_issuer]) != [credential_issuer]:
        raise AuthorizationDetailsInvalid("locations names another credential issuer")
    configuration_id = entry.get("credential_configuration_id")
    if not isinstance(configuration_id, str):
        raise AuthorizationDetailsInvalid("name the credential_configuration_id")
    return configuration_id
