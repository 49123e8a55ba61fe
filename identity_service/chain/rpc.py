"""JSON-RPC 2.0 to one node of one chain.

The node is asked for its chain before the first request, and on every new connection before its answers are believed: a
mistyped URL, or a node replaced behind the same URL, would otherwise answer for another chain in the right form.
"""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from claim_issuers.errors import DomainError
from claim_issuers.identifiers.accounts import ChainId
from identity_service.chain.errors import ChainAnswerMalformed, ChainUnavailable, WrongChain
from identity_service.chain.json_values import Json, member, quantity, strict_json
from identity_service.chain.refusals import refusal
from identity_service.egress.client import EgressClient, EgressResponse
from identity_service.egress.errors import EgressFailed, EgressTooLarge

DEFAULT_TIMEOUT = timedelta(seconds=10)
MAX_ANSWER_BYTES = 32 * 1024 * 1024
MAX_BATCH = 100


@dataclass(frozen=True, slots=True)
class Call:
    """One method and its parameters."""

    method: str
    params: Sequence[Json] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the node said to one call of a batch: a result, or why there is none."""

    result: Json = None
    error: DomainError | None = None

    def value(self) -> Json:
        """The result. Raises the error when there is one."""
        if self.error is not None:
            raise self.error
        return self.result


class JsonRpc:
    """A node at ``url`` that must serve ``chain``. Safe to share between threads."""

    def __init__(
        self,
        url: str,
        *,
        egress: EgressClient,
        chain: ChainId,
        timeout: timedelta = DEFAULT_TIMEOUT,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.chain = chain
        self._url = url
        self._egress = egress
        self._timeout = timeout
        self._headers = {"Content-Type": "application/json", **(headers or {})}
        self._ids = itertools.count(1)
        self._chain_confirmed = False

    def call(self, method: str, params: Sequence[Json] = ()) -> Json:
        """The result of one call.

        Raises ChainUnavailable, ChainAnswerMalformed, WrongChain; CallReverted, BlockGone, LogRangeTooWide or
        TransactionRejected as the node's error says.
        """
        return self.answer(Call(method, params)).value()

    def answer(self, call: Call) -> Answer:
        """Like ``call``, with the node's refusal as a value. Raises what concerns the node itself."""
        request = self._request(call)
        received = self._believed(_encode(request))
        return _answer(received, request, call.method)

    def batch(self, calls: Sequence[Call]) -> list[Answer]:
        """The answers to ``calls`` in their order, sent in as few requests as the usual limit of 100 allows.

        Raises ChainUnavailable, ChainAnswerMalformed, WrongChain; what befell one call is in its Answer.
        """
        parts = (calls[start : start + MAX_BATCH] for start in range(0, len(calls), MAX_BATCH))
        return [answer for part in parts for answer in self._batch(part)]

    def _batch(self, calls: Sequence[Call]) -> list[Answer]:
        requests = [self._request(call) for call in calls]
        received = self._believed(_encode(requests))
        if not isinstance(received, list) or len(received) != len(requests):
            raise _batch_refused(received)
        by_id = {identifier: item for item in received if isinstance(identifier := member(item, "id"), int)}
        if len(by_id) != len(requests):
            raise ChainAnswerMalformed("the node answered a batch with other ids")
        return [_answer(by_id.get(request["id"]), request, call.method) for request, call in zip(requests, calls, strict=True)]

    def _request(self, call: Call) -> dict[str, Json]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": call.method, "params": list(call.params)}

    def _believed(self, body: bytes) -> Json:
        if not self._chain_confirmed:
            self._check_chain()
        response = self._post(body)
        if response.new_connection:
            self._check_chain()
        return _content(response)

    def _check_chain(self) -> None:
        request = self._request(Call("eth_chainId"))
        received = _content(self._post(_encode(request)))
        actual = quantity(_answer(received, request, "eth_chainId").value())
        self._chain_confirmed = actual == self.chain.number
        if not self._chain_confirmed:
            raise WrongChain("the node serves another chain", expected=self.chain.number, actual=actual)

    def _post(self, body: bytes) -> EgressResponse:
        try:
            return self._egress.request(
                "POST", self._url, headers=self._headers, body=body, timeout=self._timeout, max_bytes=MAX_ANSWER_BYTES
            )
        except EgressTooLarge as error:
            raise ChainUnavailable("the node's answer is too long", reason="answer_too_long") from error
        except EgressFailed as error:
            raise ChainUnavailable("the node does not answer", reason=error.code) from error


def _encode(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _content(response: EgressResponse) -> Json:
    # Some nodes send errors of single calls with HTTP 400 or 500 and a JSON-RPC body; the rate limit is told by the status.
    if response.status == 200 or (response.status in (400, 500) and response.body[:1] in (b"{", b"[")):
        return strict_json(response.body)
    retry_after = response.headers.get("retry-after", "")
    raise ChainUnavailable(
        "the node answers with an HTTP error",
        status=response.status,
        retry_after=int(retry_after) if retry_after.isdecimal() else None,
    )


def _answer(received: Json, request: dict[str, Json], method: str) -> Answer:
    if not isinstance(received, dict) or received.get("jsonrpc") != "2.0":
        raise ChainAnswerMalformed("the node's answer is not JSON-RPC 2.0")
    error = received.get("error")
    if received.get("id") != request["id"] and not (error is not None and received.get("id") is None):
        raise ChainAnswerMalformed("the node answered another request")
    if error is not None:
        return Answer(error=refusal(error, method))
    return Answer(result=member(received, "result"))


def _batch_refused(received: Json) -> DomainError:
    error = received.get("error") if isinstance(received, dict) else None
    return refusal(error, "batch") if error is not None else ChainAnswerMalformed("the node did not answer the whole batch")
