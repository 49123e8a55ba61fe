"""``GET /v1/tokens/{token}/eligibility/{account}`` and ``…/explain``, and the accounts of ours that others must know."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Protocol

from flask import Blueprint, Response
from pydantic import AfterValidator

from claim_issuers.claims.vocabulary import category_names
from claim_issuers.clock import from_unix_seconds
from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.model import Role
from identity_service.verification.explain import Check, Question, TokenSays
from identity_service.verification.explaining import ExplainedTransfer, Explaining
from identity_service.verification.model import Reason, public_reasons
from identity_service.verification.service import Answer, Attestation, Verification
from identity_service.web.limits import CostlyWork
from identity_service.web.requests import JsonModel, broken_rule, parsed, query
from identity_service.web.responses import items, json_response

_AccountField = Annotated[Account, parsed(Account.parse)]


def _base_units(text: str) -> str:
    """A decimal uint256 above 0."""
    if not (text.isascii() and text.isdigit() and len(text) <= 78 and text[0] != "0" and int(text) < 1 << 256):
        raise broken_rule("must be a whole number of base units above 0, below 2^256")
    return text


class TransferQuestion(JsonModel):
    """Which transfer: ``account`` is the receiver; without a sender the question is about the receipt alone."""

    account: _AccountField
    sender: _AccountField | None = None
    spender: _AccountField | None = None
    quantity: Annotated[str, AfterValidator(_base_units)] = "1"

    def about(self, token: Account) -> Question:
        """The question. Raises WrongChainForToken, TransferIncomplete."""
        return Question(token=token, receiver=self.account, sender=self.sender, spender=self.spender, quantity=int(self.quantity))


class ServiceAccounts(Protocol):
    """Lists, for each chain, the account that relays and the account that signs eligibility."""

    def __call__(self) -> Sequence[Mapping[str, str]]: ...


def blueprint(
    gate: Gate, verification: Verification, explaining: Explaining, accounts: ServiceAccounts, asks_chain: CostlyWork
) -> Blueprint:
    """Eligibility, explanations, and the accounts of ours that contracts and holders must know."""
    routes = Blueprint("verification", __name__)
    _explain_routes(routes, gate, explaining, asks_chain)

    @routes.get("/v1/tokens/<token>/eligibility/<account>")
    @gate.requires("eligibility:read")
    @asks_chain
    def eligibility(token: str, account: str) -> Response:
        answer = verification.eligibility(Account.parse(token), Account.parse(account))
        return json_response(_answer_json(answer, network=caller_of_request().role is Role.NETWORK))

    @routes.get("/v1/chains")
    def chains() -> Response:
        return items([dict(one) for one in accounts()], None)

    return routes


def _explain_routes(routes: Blueprint, gate: Gate, explaining: Explaining, asks_chain: CostlyWork) -> None:
    """Why may this transfer not happen: for those who read eligibility, and for those who have a part in it."""

    @routes.get("/v1/tokens/<token>/explain")
    @gate.requires("eligibility:read")
    @asks_chain
    def explain(token: str) -> Response:
        question = query(TransferQuestion).about(Account.parse(token))
        return json_response(explained_json(explaining.for_reader(caller_of_request(), question)))

    @routes.get("/v1/me/tokens/<token>/explain")
    @gate.requires("me")
    @asks_chain
    def explain_mine(token: str) -> Response:
        question = query(TransferQuestion).about(Account.parse(token))
        return json_response(explained_json(explaining.for_person(caller_of_request(), question)))


def explained_json(answer: ExplainedTransfer) -> dict[str, Any]:
    """The explanation; ``judged_on`` says whether our records about the receiver are part of it."""
    question, explanation = answer.question, answer.explanation
    return {
        "passes": explanation.passes,
        "question": {
            "token": str(question.token),
            "account": str(question.receiver),
            "sender": None if question.sender is None else str(question.sender),
            "spender": None if question.spender is None else str(question.spender),
            "quantity": str(question.quantity),
        },
        "judged_on": ["off_chain", "chain"] if answer.with_records else ["chain"],
        "checks": [_check_json(one) for one in explanation.checks],
        "token_says": None if explanation.token_says is None else _token_says_json(explanation.token_says),
        "as_of": _as_of_json(answer),
    }


def _check_json(one: Check) -> dict[str, Any]:
    return {
        "check": one.check,
        "subject": one.subject.value,
        "outcome": one.outcome.value,
        "reason": one.reason,
        "mended_by": None if one.mended_by is None else one.mended_by.value,
        "how": one.how,
        "rests_on": one.rests_on.value,
        "enforced_by": one.enforced_by.value,
        "details": None if one.details is None else dict(one.details),
    }


def _token_says_json(said: TokenSays) -> dict[str, Any]:
    return {
        "asked": said.asked,
        "caller": str(said.caller),
        "would_pass": said.would_pass,
        "revert_reason": said.revert_reason,
    }


def _answer_json(answer: Answer, *, network: bool) -> dict[str, Any]:
    """The answer; the network learns of the checks no more than the chain shows (DESIGN §5.5)."""
    decision = answer.decision
    reasons = public_reasons(decision.reasons) if network else decision.reasons
    return {
        "eligible": decision.eligible,
        "categories": list(category_names(decision.categories)),
        "reasons": [_reason_json(reason) for reason in reasons],
        "attestation": None if answer.attestation is None else _attestation_json(answer.attestation),
        "as_of": _as_of_json(answer),
    }


def _as_of_json(answer: Answer | ExplainedTransfer) -> dict[str, Any]:
    return {
        "chain_id": answer.block.chain.number,
        "block_number": answer.block.number,
        "block_hash": "0x" + answer.block.hash.hex(),
        "block_instant": from_unix_seconds(answer.block.timestamp).isoformat(),
        "instant": answer.instant.isoformat(),
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
