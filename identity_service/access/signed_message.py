"""A signed challenge as it arrives, for the API and the sign-in page alike."""

from pydantic import Field

from claim_issuers.errors import InvalidInput
from identity_service.web.requests import JsonModel


class MalformedSignature(InvalidInput):
    """The signature is not written as 0x and an even number of hex digits."""

    code = "malformed_signature"


class NewAccountProof(JsonModel):
    """The challenge's message as the wallet showed it, and the wallet's signature."""

    message: str = Field(max_length=4096)
    signature: str = Field(max_length=8192)


def signature_bytes(text: str) -> bytes:
    """The bytes of ``0x`` and hex digits. Raises MalformedSignature."""
    try:
        if not text.startswith("0x"):
            raise ValueError
        return bytes.fromhex(text[2:])
    except ValueError as error:
        raise MalformedSignature("write the signature as 0x and hex digits", pointer="/signature") from error
