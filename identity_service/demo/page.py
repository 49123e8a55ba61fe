"""The demo's pages: the story with its buttons, the role switcher, and the test wallets' way to the chain."""

from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response
from pydantic import Field

from claim_issuers.errors import Conflict, InvalidInput, Unavailable
from identity_service.access.model import Caller
from identity_service.access.page_gate import PageGate, viewer
from identity_service.chain.errors import CallReverted, ChainUnavailable
from identity_service.demo.api import require_success
from identity_service.demo.page_people import People
from identity_service.demo.post_box import letters
from identity_service.demo.roles import CLIENT, PLAYERS, STRANGER, TOKEN_SYMBOL, Player, player
from identity_service.demo.scenes import SCENES, act, opened, reached
from identity_service.demo.theatre import Theatre
from identity_service.orders.order_form import PASSED_IN_WORDS
from identity_service.portal.navigation import navigation
from identity_service.web.documents import asset, page
from identity_service.web.pages import HOME, form, local_path, pages, see_other
from identity_service.web.requests import JsonModel, body
from identity_service.web.responses import json_response

PAGE: Final = "/demo"
_ASSETS = files("identity_service.demo") / "assets"
_FORWARDED: Final = frozenset(
    {"eth_chainId", "eth_blockNumber", "eth_getTransactionReceipt", "personal_sign", "eth_signTypedData_v4", "eth_sendTransaction"}
)


class StageNotSet(Unavailable):
    """The demo is still telling its story at the terminal; the page opens when that is over."""

    code = "stage_not_set"


class ActBusy(Conflict):
    """Another act is being played; wait until it is over."""

    code = "act_busy"


class WalletRequestInvalid(InvalidInput):
    """The test wallet has no such account, or does not know the method."""

    code = "wallet_request_invalid"


class Switch(JsonModel):
    """Whom the visitor wants to be; empty for nobody in particular."""

    role: str = Field(default="", max_length=32)
    next: str = Field(default=PAGE, max_length=500)


class Answer(JsonModel):
    """What the visitor chose, where an act asks first."""

    choice: str = Field(default="", max_length=64)


class WalletRequest(JsonModel):
    """An EIP-1193 request to a test wallet."""

    wallet: str = Field(max_length=32)
    method: str = Field(max_length=64)
    params: list[Any] = Field(default=[], max_length=8)


Stage = Callable[[], Theatre | None]


def blueprint(gate: PageGate, stage: Stage, outbox: Path) -> Blueprint:
    """``/demo`` and what belongs to it. Only the demo's own application has it: no other installation can switch roles."""
    routes = pages("demo", __name__)
    _story_routes(routes, gate, stage)
    _role_routes(routes, gate, stage)
    _wallet_routes(routes, gate, stage)

    @routes.get(f"{PAGE}/post")
    @gate.visitor
    def post_box() -> Response:
        return page("demo/post.html", letters=letters(outbox))

    return routes


def _story_routes(routes: Blueprint, gate: PageGate, stage: Stage) -> None:
    @routes.get(PAGE)
    @gate.visitor
    def story() -> Response:
        theatre = _set(stage)
        return page(
            "demo/story.html",
            playing=theatre.playing,  # one answer for the whole page: an act may end while it is drawn, and then the page follows
            theatre=theatre,
            scenes=SCENES,
            reached=reached(theatre),
            opened=opened(theatre),
            people=theatre.people,
            client=CLIENT,
            stranger=STRANGER,
            symbol=TOKEN_SYMBOL,
            order_checks=PASSED_IN_WORDS,
        )

    @routes.get(f"{PAGE}/scenes/<key>")
    @gate.visitor
    def progress(key: str) -> Response:
        theatre = _set(stage)
        scene = next((one for one in SCENES if one.key == key), SCENES[0])
        return page("demo/progress.html", playing=theatre.playing, theatre=theatre, scene=scene)

    @routes.post(f"{PAGE}/acts/<key>")
    @gate.visitor
    def play(key: str) -> Response:
        theatre, found = _set(stage), act(key)
        if found is None:
            return see_other(PAGE)
        scene, wanted = found
        if wanted == scene.next_act(theatre) and not theatre.start(wanted, form(Answer).choice):
            raise ActBusy("wait a few seconds, then press the button again")
        return see_other(f"{PAGE}#{scene.key}")

    @routes.get(f"{PAGE}/assets/<name>")
    def file(name: str) -> Response:
        return asset(_ASSETS, name)


def _role_routes(routes: Blueprint, gate: PageGate, stage: Stage) -> None:
    @routes.post(f"{PAGE}/role")
    @gate.visitor
    def switch() -> Response:
        wanted = form(Switch)
        chosen, back = player(wanted.role), local_path(wanted.next, PAGE)
        if chosen is None:
            return gate.end(see_other(back if _for_everybody(back) else PAGE))
        proof_id = _signed_in(_set(stage).people, chosen)
        with gate.db.write() as session:
            value = gate.access.begin_session(session, proof_id)
            caller = gate.access.caller_of_session(session, value)
        return gate.begin(see_other(_open_to(caller, back)), value)


def _wallet_routes(routes: Blueprint, gate: PageGate, stage: Stage) -> None:
    @routes.get(f"{PAGE}/wallets")
    @gate.visitor
    def wallets() -> Response:
        people = _set(stage).people
        return json_response(
            [{"wallet": one.key, "name": f"Test wallet: {one.who}", "address": _address(people, one)} for one in PLAYERS]
        )

    @routes.post(f"{PAGE}/rpc")
    @gate.visitor
    def rpc() -> Response:
        wanted, people = body(WalletRequest), _set(stage).people
        owner = player(wanted.wallet)
        if owner is None:
            raise WalletRequestInvalid("choose one of the demo's test wallets", pointer="/wallet")
        return json_response({"result": _answer(people, owner, wanted.method, wanted.params)})


def _answer(people: People, owner: Player, method: str, params: list[Any]) -> Any:
    """What a wallet with this one account answers; the development chain itself holds the key and signs."""
    address = _address(people, owner)
    if method in ("eth_requestAccounts", "eth_accounts"):
        return [address]
    if method == "wallet_switchEthereumChain":
        return None
    if method not in _FORWARDED or not _by_owner(address, method, params):
        raise WalletRequestInvalid("a test wallet signs and sends for its own account, and knows little else", pointer="/method")
    try:
        if method == "eth_sendTransaction":
            people.chain.rpc.call("eth_estimateGas", params[:1])  # as wallets do: what the contract refuses is said and not sent
        return people.chain.rpc.call(method, params)
    except ChainUnavailable as error:
        raise WalletRequestInvalid("the chain refuses the request: look at its parameters", pointer="/params") from error
    except CallReverted as error:
        raise WalletRequestInvalid(
            f"the contract refuses: {error.data.get('reason') or error.detail}", pointer="/params"
        ) from error


def _by_owner(address: str, method: str, params: list[Any]) -> bool:
    """Whether a signing method names the wallet's own account, where that method names it."""
    signer = {
        "personal_sign": lambda: params[1],
        "eth_signTypedData_v4": lambda: params[0],
        "eth_sendTransaction": lambda: params[0]["from"],
    }.get(method)
    try:
        return signer is None or str(signer()).lower() == address.lower()
    except (IndexError, KeyError, TypeError):
        return False


def _signed_in(people: People, chosen: Player) -> str:
    """The id of a fresh account proof: the same sign-in as anybody's, done with the test wallet."""
    transport, wallet = people.transport, people.wallet(chosen)
    path = "/v1/account-proofs"
    challenge = require_success(transport.post_json(f"{path}/challenges", {"account": str(wallet.account)}), path).json()
    signature = "0x" + wallet.sign_message(challenge["message"]).hex()
    sent = {"message": challenge["message"], "signature": signature}
    return str(require_success(transport.post_json(path, sent), path).json()["id"])


def _for_everybody(path: str) -> bool:
    return path == HOME or path.startswith((PAGE, "/i/", "/mesh", "/docs", "/problems"))


def _open_to(caller: Caller, path: str) -> str:
    """``path`` when this caller may see it, or else the first page that is the role's own."""
    own = [link for link, _ in navigation(caller)]
    if _for_everybody(path) or any(path == link or path.startswith((f"{link}/", f"{link}?")) for link in own):
        return path
    return own[1] if caller.role is not None else own[0]


def _set(stage: Stage) -> Theatre:
    theatre = stage()
    if theatre is None:
        raise StageNotSet("wait a few seconds, then load the page again")
    return theatre


def _address(people: People, one: Player) -> str:
    return str(people.wallet(one).address)


def switcher(stage: Stage) -> Mapping[str, Any]:
    """What the bar above every page shows: the players, and which of them the visitor is."""
    theatre, who = stage(), viewer()
    if theatre is None:
        return {"players": (), "current": None}
    account = None if who is None else who.account
    current = next((one.key for one in PLAYERS if theatre.people.account(one) == account), None)
    return {"players": PLAYERS, "current": current}
