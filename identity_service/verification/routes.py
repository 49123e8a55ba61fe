"""``GET /v1/tokens/{token}/eligibility/{account}``."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from flask import Blueprint, Response

from claim_issuers.claims.vocabulary import category_names
from claim_issuers.clock import from_unix_seconds
from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.model import Role
from identity_service.verification.model import Reason, public_reasons
from identity_service.verification.service import Answer, Attestation, Verification
from identity_service.web.responses import items, json_response


class ServiceAccounts(Protocol):
    """Lists, for each chain, the account that relays and the account that signs eligibility."""

    def __call__(self) -> Sequence[Mapping[str, str]]: ...


def blueprint(gate: Gate, verification: Verification, accounts: ServiceAccounts) -> Blueprint:
    """Eligibility, and the accounts of ours that contracts and holders must know."""
    routes = Blueprint("verification", __name__)

    @routes.get("/v1/tokens/<token>/eligibility/<account>")
    @gate.requires("eligibility:read")
    def eligibility(token: str, account: str) -> Response:
        answer = verification.eligibility(Account.parse(token), Account.parse(account))
        return json_response(_answer_json(answer, network=caller_of_request().role is Role.NETWORK))

    @routes.get("/v1/chains")
    def chains() -> Response:
        return items([dict(one) for one in accounts()], None)

    return routes


def _answer_json(answer: Answer, *, network: bool) -> dict[str, Any]:
    """The answer; the network learns of the checks no more than the chain shows (DESIGN §5.5)."""
    decision = answer.decision
    reasons = public_reasons(decision.reasons) if network else decision.reasons
    return {
        "eligible": decision.eligible,
        "categories": list(category_names(decision.categories)),
        "reasons": [_reason_json(reason) for reason in reasons],
        "attestation": None if answer.attestation is None else _attestation_json(answer.attestation),
        "as_of": {
            "chain_id": answer.block.chain.number,
            "block_number": answer.block.number,
            "block_hash": "0x" + answer.block.hash.hex(),
            "block_instant": from_unix_seconds(answer.block.timestamp).isoformat(),
            "instant": answer.instant.isoformat(),
        },
    }


def _reason_json(reason: Reason) -> dict[str, Any]:
    return {
        "check": reason.check,
        "outcome": reason.outcome.value,
        "reason": reason.reason,
        "mended_by": reason.mended_by,
    }


def _attestation_json(attestation: Attestation) -> dict[str, Any]:
    """The EIP-712 message of DESIGN §4 with its domain and signature."""
    message = attestation.eligibility
    return {
        "domain": {
            "name": "EligibilityRegistry",
            "version": "1",
            "chainId": attestation.chain.number,
            "verifyingContract": str(attestation.verifying_contract),
        },
        "message": {
            "account": str(message.account),
            "token": str(message.token),
            "categories": str(message.categories),
            "issuedAt": message.issued_at,
            "validUntil": message.valid_until,
            "epoch": message.epoch,
        },
        "signer": str(attestation.signer),
        "signature": "0x" + attestation.signature.hex(),
    }
