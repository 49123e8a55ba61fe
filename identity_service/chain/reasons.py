"""Why a contract refuses, in words for whoever was to send: the known reasons of ONCHAINID 2.x and T-REX 4.1, others as they are.

>>> in_words(CallReverted("", kind="error", reason="salt already taken", selector=b"", revert_data=b""))
'The gateway deployed an identity contract for this wallet before, and deploys one only.'
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from claim_issuers.keys.hashing import keccak256
from identity_service.chain.errors import CallReverted

_LONGEST: Final = 200
_NO_AGENT: Final = "The sender is not an agent of the token's identity registry."
_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Identity
        "Permissions: Sender does not have management key": "The sender holds no management key on the identity contract.",
        "Permissions: Sender does not have claim signer key": "The sender holds neither a claim key nor a management key on it.",
        "Conflict: Key already has purpose": "The key has this purpose already.",
        "NonExisting: Key isn't registered": "The identity contract does not know this key.",
        "NonExisting: Key doesn't have such purpose": "The key does not have this purpose.",
        "invalid claim": "The claim issuer's contract does not accept the claim: it is revoked, or for another identity contract.",
        "NonExisting: There is no claim with this ID": "The identity contract does not hold this claim.",
        # IdFactory
        "Ownable: caller is not the owner": "The sender is not the contract's owner.",
        "salt already taken": "The gateway deployed an identity contract for this wallet before, and deploys one only.",
        "wallet already linked to an identity": "The wallet has an identity contract at this factory already.",
        "wallet not linked to an identity contract": "The sender has no identity contract at this factory.",
        "new wallet already linked": "The new wallet has an identity contract at this factory already.",
        "invalid argument - token address": "The new wallet is a token that the factory knows.",
        "max amount of wallets per ID exceeded": "The identity contract has as many wallets as the factory allows.",
        "cannot be called on sender address": "A wallet cannot unlink itself: another wallet of the same identity contract sends.",
        "only a linked wallet can unlink": "The sender is no wallet of the same identity contract.",
        "invalid argument - zero address": "An address in the call is zero.",
        # Registry and token
        "AgentRole: caller does not have the Agent role": _NO_AGENT,
        "address stored already": "The registry holds this account already.",
        "address not stored yet": "The registry does not hold this account.",
        "Transfer not possible": "The token's compliance or its identity registry refuses the transfer.",
        "Identity is not verified.": "The token's registry does not find the receiver verified.",
        "Compliance not followed": "The token's compliance modules refuse.",
        "Pausable: paused": "The token is paused.",
        "wallet is frozen": "The wallet is frozen.",
        "no tokens to recover": "The lost wallet holds no tokens.",
        "Recovery not possible": "The new wallet is no management key of the identity contract.",
    }
)
# Gateway; the other custom errors of these contracts belong to calls that nobody is offered.
_CUSTOM: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        keccak256(signature.encode())[:4]: words
        for signature, words in {
            "ZeroAddress()": "An address in the call is zero.",
            "UnapprovedSigner(address)": "The gateway does not know the signer of the approval.",
            "ExpiredSignature(bytes)": "The approval has expired.",
            "RevokedSignature(bytes)": "The approval was revoked.",
        }.items()
    }
)


def in_words(refusal: CallReverted) -> str:
    """A sentence; a reason that nobody knows is repeated, cut short and without control characters."""
    reason, selector = refusal.data.get("reason") or "", refusal.data.get("selector") or b""
    known = _REASONS.get(reason) or (_CUSTOM.get(selector) if refusal.data.get("kind") == "custom" else None)
    if known is not None:
        return known
    shown = "".join(letter for letter in reason[:_LONGEST] if letter.isprintable()).strip()
    if shown:
        return f"The contract refuses: {shown}"
    return f"The contract refuses with its error 0x{selector.hex()}." if selector else "The contract refuses and gives no reason."
