"""The network is blind to clients (DESIGN §5.5).

Two services share chain, clock, ids and randomness and differ only in what they know off chain about an office's clients. Over
every endpoint that DX's credentials open, its machine client's and those of an officer with a seat, their answers are the same
byte for byte.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from unicodedata import normalize
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from claim_issuers import sign_order
from claim_issuers.clock import from_unix_seconds, unix_seconds
from claim_issuers.orders.reference import reference
from identity_service.chain import trex
from identity_service.demo import actions
from identity_service.demo.wallets import Wallet
from tests.cap_table.clients import (
    ORDER_ID,
    ORDERED,
    PURPOSE,
    ClientFacts,
    Network,
    OffChain,
    SentBatch,
    SentInvitation,
    officer_wallet,
    order_of,
    settle,
)
from tests.cap_table.twins import Seen, Twin, Twins
from tests.support.devchain import Onchain

# What DX's machine client opens, and what is open to everybody.
ENDPOINTS: Final = (
    "GET /v1/tokens",
    "GET /v1/tokens/<token>",
    "GET /v1/tokens/<token>/eligibility/<account>",
    "GET /v1/tokens/<token>/explain",
    "GET /v1/tokens/<token>/cap-table",
    "GET /v1/orders",
    "GET /v1/orders/<order_id>",
    "POST /v1/orders",
    "GET /v1/grants",
    "GET /v1/grants/<grant_id>",
    "GET /v1/claim-types",
    "GET /v1/claim-issuers",
    "GET /v1/claim-issuers/<claim_issuer_id>",
    "GET /v1/accreditations",
    "GET /v1/chains",
    "GET /claim-issuers/<claim_issuer_id>/did.json",
    "GET /claim-issuers/<claim_issuer_id>/jwks.json",
    "GET /.well-known/openid-credential-issuer/claim-issuers/<claim_issuer_id>",
    "GET /.well-known/oauth-authorization-server/claim-issuers/<claim_issuer_id>",
    "GET /.well-known/jwt-vc-issuer/claim-issuers/<claim_issuer_id>",
    "GET /claim-issuers/<claim_issuer_id>/.well-known/openid-credential-issuer",
    "GET /claim-issuers/<claim_issuer_id>/.well-known/oauth-authorization-server",
    "GET /claim-issuers/<claim_issuer_id>/.well-known/jwt-vc-issuer",
    "GET /credential-types/<name>",
    "GET /status-lists/<status_list_id>",
    "GET /status-lists/<status_list_id>/<purpose>",
    "GET /.well-known/jwks.json",
    "GET /livez",
    "GET /readyz",
    "GET /openapi.yaml",
    "GET /docs",
    "GET /docs/<name>",
    "GET /assets/<name>",
    "GET /problems",
    "GET /problems/<code>",
)
# What the token of DX's officer opens besides: what concerns the officer herself.
OFFICERS_OWN: Final = (
    "GET /v1/me",
    "GET /v1/me/disclosures",
    "GET /v1/me/notices",
    "GET /v1/me/applications/<application_id>",
    "GET /v1/me/offers/<offer_id>",
    "POST /v1/me/offers/<offer_id>/withdraw",
    "GET /v1/me/wallet-authorizations",
    "POST /v1/me/wallet-authorizations/<authorization_id>/withdraw",
    "POST /v1/me/applications/<application_id>/offers",
    "GET /v1/me/claims",
    "GET /v1/me/claims/<claim_id>",
    "GET /v1/me/claims/<claim_id>/forms/vc+jwt",
    "GET /v1/me/claims/<claim_id>/forms/<form_id>",
    "GET /v1/me/claims/<claim_id>/forms/<form_id>/call-data",
    "GET /v1/me/claims/<claim_id>/on-chain",
    "GET /v1/me/registrations",
    "GET /v1/me/account-acts/<act_id>",
    "GET /v1/me/moves",
    "GET /v1/me/moves/<move_id>",
    "POST /v1/me/accounts/<account>/unlink",
    "POST /v1/me/moves",
    "POST /v1/me/moves/<move_id>/confirm",
    "POST /v1/me/moves/<move_id>/object",
    "POST /v1/me/moves/<move_id>/withdraw",
    "GET /v1/me/transfer-authorities",
    "GET /v1/me/tokens/<token>/explain",
    "POST /v1/me",
    "POST /v1/me/registrations",
    "POST /v1/me/claims/<claim_id>/on-chain",
    "POST /v1/applications",
)
# What her session opens.
PAGES: Final = (
    "GET /",
    "GET /sign-in",
    "GET /mesh",
    "GET /my-claims",
    "GET /my-claims/readings",
    "GET /my-claims/tokens",
    "GET /my-claims/<claim_id>/credential",
    "POST /wallet",
    "GET /wallet/<offer_id>",
    "GET /wallet/<offer_id>/state",
    "GET /wallet/<offer_id>/qr.svg",
    "POST /wallet/<offer_id>/renew",
    "POST /wallet/<offer_id>/withdraw",
    "POST /wallet/<offer_id>/code",
    "GET /my-claims/<claim_id>/on-chain",
    "GET /my-claims/<claim_id>/on-chain/state",
    "POST /my-claims/<claim_id>/on-chain",
    "POST /my-claims/<claim_id>/on-chain/registration",
    "GET /cap-tables",
    "GET /cap-tables/<token>",
    "GET /orders",
    "GET /orders/<order_id>",
    "GET /orders/<order_id>/state",
    "GET /orders/new",
    "POST /orders/new",
    "POST /orders",
    "GET /explain",
)
_CODE: Final = "it opens to whoever holds an invitation's code, a secret between the office and its client"
_OFFER: Final = "it opens to whoever holds the code of a credential offer, which the applicant alone is shown"
_CREDENTIAL: Final = "it opens to the access token of a credential offer, which the applicant's wallet alone has"
NOT_ASKED: Final[Mapping[str, str]] = {
    "GET /metrics": "it counts everybody's requests, and is the operator's: the proxy keeps others out",
    "POST /oauth/token": "it answers with a fresh random token, to the holder of the client's key alone",
    "POST /v1/account-proofs/challenges": "it answers with a fresh random nonce",
    "POST /v1/account-proofs": "it judges a signature, and answers with a fresh random token",
    "POST /v1/me/accounts/challenges": "it answers with a fresh random nonce",
    "POST /v1/me/accounts": "it judges a signature of the account to be linked",
    "POST /session": "the same, as a cookie",
    "POST /language": "it keeps the language that a browser chose as a cookie, and leads back",
    "POST /sign-out": "it takes a cookie away and says nothing",
    "POST /claim-issuers/<claim_issuer_id>/nonce": "it answers with a fresh random nonce",
    "POST /claim-issuers/<claim_issuer_id>/token": _OFFER,
    "POST /claim-issuers/<claim_issuer_id>/credential": _CREDENTIAL,
    "POST /claim-issuers/<claim_issuer_id>/deferred-credential": _CREDENTIAL,
    "POST /claim-issuers/<claim_issuer_id>/notification": _CREDENTIAL,
    "GET /offers/<code>": _OFFER,
    "GET /v1/offers/<code>/state": _OFFER,
    "GET /v1/offers/<code>/qr.svg": _OFFER,
    "POST /claim-issuers/<claim_issuer_id>/par": "it keeps a wallet's request and answers with a fresh random name for it",
    "GET /claim-issuers/<claim_issuer_id>/authorize": "it shows such a request once, and what the account signed in applied for",
    "POST /claim-issuers/<claim_issuer_id>/authorize": "it answers that wallet, with a fresh random code",
    **dict.fromkeys(
        (
            "GET /v1/invitation-codes/<code>",
            "GET /v1/invitation-codes/<code>/state",
            "GET /v1/invitation-codes/<code>/qr.svg",
            "POST /v1/invitation-codes/<code>/proved",
            "POST /v1/invitation-codes/<code>/application",
            "GET /v1/invitation-codes/<code>/allowance",
            "GET /i/<code>",
            "GET /i/<code>/go-on",
            "GET /i/<code>/qr.svg",
            "GET /i/<code>/state",
            "GET /i/<code>/allowance",
            "POST /i/<code>",
        ),
        _CODE,
    ),
}
OPEN: Final = (*ENDPOINTS, *OFFICERS_OWN, *PAGES)
WELL_KNOWN: Final = ("openid-credential-issuer", "oauth-authorization-server", "jwt-vc-issuer")
# Here DX itself names the account that it asks about, or to which it gave an allowance.
NAMES_ACCOUNTS: Final = re.compile(
    r"/eligibility/|/explain\?|^GET /v1/me/transfer-authorities$|^GET /my-claims$|^POST /v1/orders$|^POST /v1/me/moves"
)


def look(twin: Twin, dx: Network) -> list[Seen]:
    """The answers of every endpoint, with each argument that the network may think of."""
    seen = [*_good(_seen_by_machine(twin, dx)), *_good(_seen_by_officer(twin, dx)), *_good(_seen_in_browser(twin, dx))]
    return [*seen, *_refused(twin, dx), *_moves(twin, dx)]


def _good(answers: list[Seen]) -> list[Seen]:
    assert [one.asked for one in answers if one.status != 200] == []
    return answers


def _wallets(twin: Twin) -> tuple[Wallet, ...]:
    actors = twin.onchain.actors
    return actors.office, actors.alice, actors.bob, actors.carol, actors.stranger, officer_wallet(twin)


def _transfers(twin: Twin) -> list[str]:
    """Questions about transfers to, from and by everybody, as query strings."""
    actors = twin.onchain.actors
    office, alice, bob = actors.office.account, actors.alice.account, actors.bob.account
    return [
        *(f"account={wallet.account}" for wallet in _wallets(twin)),
        *(f"account={wallet.account}&sender={office}&quantity=7" for wallet in _wallets(twin)),
        f"account={bob}&sender={alice}&spender={office}&quantity=101",
        f"account={office}&sender={actors.stranger.account}",
    ]


def _seen_by_machine(twin: Twin, dx: Network) -> list[Seen]:
    table, order = f"/v1/tokens/{twin.token}/cap-table", f"/v1/orders/{twin.ids['order']}"
    lists = {one["status_list"] for one in _claims_of(twin, twin.onchain.actors.office)}
    now = unix_seconds(twin.service.world.clock.now())
    paths = [
        *(path for path in (one.removeprefix("GET ") for one in ENDPOINTS) if "<" not in path and " " not in path),
        f"/v1/tokens/{twin.token}",
        *(f"/v1/tokens/{twin.token}/eligibility/{wallet.account}" for wallet in _wallets(twin)),
        *(f"/v1/tokens/{twin.token}/explain?{asked}" for asked in _transfers(twin)),
        f"{table}?purpose={PURPOSE}",
        f"{table}?purpose={PURPOSE}&limit=1",
        f"{table}?purpose=shareholder_identification",
        f"{table}?purpose=supervision",
        f"{table}?purpose={PURPOSE}&block={twin.onchain.client.head().number}",
        order,
        "/v1/orders?limit=1",
        f"/v1/grants/{twin.ids['grant network']}",
        f"/v1/claim-issuers/{twin.ids['claim_issuer']}",
        *(f"/claim-issuers/{twin.ids['claim_issuer']}/{name}.json" for name in ("did", "jwks")),
        *(f"/.well-known/{name}/claim-issuers/{twin.ids['claim_issuer']}" for name in WELL_KNOWN),
        *(f"/claim-issuers/{twin.ids['claim_issuer']}/.well-known/{name}" for name in WELL_KNOWN),
        "/credential-types/INVESTOR",
        *(f"/status-lists/{one}{which}" for one in sorted(lists) for which in ("", "/revocation", "/suspension", f"?time={now}")),
        "/docs/swagger-ui.css",
        "/assets/service.css",
        "/problems/order_unknown",
    ]
    return [twin.ask(dx.machine, path) for path in paths]


def _seen_by_officer(twin: Twin, dx: Network) -> list[Seen]:
    """What concerns her alone; and with her seat she sees the office's order and the table as the machine does."""
    claim = twin.ids["claim officer"]
    form = twin.get(dx.officer, f"/v1/me/claims/{claim}", doing="the officer looks for a form")["forms"][0]["id"]
    own = f"account={dx.wallet.account}"
    paths = [
        "/v1/me",
        "/v1/me/disclosures",
        "/v1/me/notices",
        "/v1/me/wallet-authorizations",
        "/v1/me/disclosures?limit=1",
        f"/v1/me/applications/{twin.ids['application officer']}",
        "/v1/me/claims",
        f"/v1/me/claims/{claim}",
        f"/v1/me/claims/{claim}/forms/vc+jwt",
        f"/v1/me/claims/{claim}/forms/{form}",
        f"/v1/me/claims/{claim}/on-chain?token={twin.token}",
        "/v1/me/registrations",
        "/v1/me/moves",
        "/v1/me/transfer-authorities",
        *(f"/v1/me/tokens/{twin.token}/explain?{own}&sender={wallet.account}" for wallet in _wallets(twin)),
        *(f"/v1/me/tokens/{twin.token}/explain?account={wallet.account}&sender={dx.wallet.account}" for wallet in _wallets(twin)),
        "/v1/orders",
        f"/v1/tokens/{twin.token}/cap-table?purpose={PURPOSE}",
        *(f"/v1/tokens/{twin.token}/explain?{asked}" for asked in _transfers(twin)),
    ]
    return [twin.ask(dx.officer, path) for path in paths]


def _seen_in_browser(twin: Twin, dx: Network) -> list[Seen]:
    order, table = f"/orders/{twin.ids['order']}", f"/cap-tables/{quote(twin.token)}"
    paths = [
        *(path for path in (one.removeprefix("GET ") for one in PAGES) if "<" not in path and " " not in path),
        f"/my-claims/{twin.ids['claim officer']}/credential",
        f"/my-claims/{twin.ids['claim officer']}/on-chain?token={quote(twin.token)}",
        f"/my-claims/{twin.ids['claim officer']}/on-chain/state?token={quote(twin.token)}",
        table,
        f"{table}?purpose={PURPOSE}",
        f"{table}?purpose=shareholder_identification",
        order,
        f"{order}/state",
        *(f"/explain?token={quote(twin.token)}&{asked}" for asked in _transfers(twin)),
    ]
    return [twin.ask(dx.browser, path) for path in paths]


def _refused(twin: Twin, dx: Network) -> list[Seen]:
    """What is not for DX, and what it may try: each is refused in the same words."""
    alice, grant = twin.ids["claim alice"], twin.ids["grant regulator"]
    paths = [
        f"/v1/grants/{grant}",
        f"/v1/claims/{alice}",
        f"/v1/claims/{alice}/forms/vc+jwt",
        f"/v1/parties/{twin.ids['party alice']}",
        "/v1/applications",
        "/v1/invitations",
        "/v1/invitations/batches",
        "/v1/invitations/batches/bat_none",
        "/v1/seats",
        "/v1/audit",
        f"/v1/tokens/{twin.token}/registrations",
        f"/v1/tokens/{twin.token}/registration-batch?sender={twin.onchain.actors.agent.account}",
        f"/v1/tokens/{twin.token}/cap-table?purpose={PURPOSE}&cursor=nonsense",
        "/v1/orders/ord_none",
        "/v1/orders?cursor=ord_none",
        f"/v1/me/claims/{alice}",
        f"/v1/me/claims/{alice}/forms/frm_none",
        f"/v1/me/claims/{alice}/forms/frm_none/call-data",
        f"/v1/me/claims/{alice}/on-chain?token={twin.token}",
        "/v1/me/applications/app_none",
        "/v1/me/account-acts/act_none",
        "/v1/me/moves/mov_none",
        "/v1/moves",
        "/v1/moves/mov_none",
        f"/v1/tokens/{twin.token}/recoveries",
        "/v1/account-proofs/batches",
        "/v1/account-proofs/batches/abt_none",
        "/v1/me/offers/off_none",
        f"/v1/me/tokens/{twin.token}/explain?account={twin.onchain.actors.alice.account}",
    ]
    pages = [
        "/account-batches",
        "/desk",
        "/desk/claims",
        "/invitations",
        "/invitations/batches",
        f"/my-claims/{alice}/credential",
        f"/my-claims/{alice}/on-chain?token={quote(twin.token)}",
        f"/my-claims/{alice}/on-chain/state?token={quote(twin.token)}",
        *(f"/wallet/off_none{what}" for what in ("", "/state", "/qr.svg")),
        "/orders/ord_none",
    ]
    answers = [twin.ask(who, path) for who in (dx.machine, dx.officer) for path in paths]
    answers += [twin.ask(dx.browser, path) for path in pages]
    answers += [*_orders_refused(twin, dx), *_attempts(twin, dx)]
    assert [one.asked for one in answers if one.status < 400] == []
    return answers


def _orders_refused(twin: Twin, dx: Network) -> list[Seen]:
    """Orders in the name of anybody, for DX to learn what is known of them: each check is told, and no more."""
    answers = []
    for number, wallet in enumerate(_wallets(twin)):
        order_id = ORDER_ID[:-1] + str(number)
        forged = sign_order(order_of(twin, order_id=order_id, intermediary=wallet.account), dx.wallet.signer)
        headers = {"Idempotency-Key": f"forged-{number}"}
        answers += [twin.ask(dx.machine, "/v1/orders", "POST", json=forged.as_json(), headers=headers)]
        sent = {"order": forged.order.canonical().decode(), "signature": "0x" + forged.signature.hex()}
        answers += [twin.ask(dx.browser, "/orders", "POST", data=sent)]
    again = sign_order(order_of(twin), twin.onchain.actors.office.signer)
    return [*answers, twin.ask(dx.machine, "/v1/orders", "POST", json=again.as_json(), headers={"Idempotency-Key": "again"})]


def _attempts(twin: Twin, dx: Network) -> list[Seen]:
    """The officer tries to enrol again, to apply in the name of somebody new, and to order as if she were an intermediary."""
    order = {"token": twin.token, "side": "buy", "quantity": "5", "price": "99.75", "currency": "CHF"}
    order |= {"network": twin.ids["network"], "lifetime": "day", "account": str(dx.wallet.account)}
    me = {"kind": "natural_person", "legal_name": "Dora Xaver"}
    wanted, on_chain, asked = {"token": twin.token}, {"Idempotency-Key": "on-chain"}, {"Idempotency-Key": "registration"}
    application = {
        "claim_issuer": twin.ids["claim_issuer"],
        "claim_type": "INVESTOR",
        "attributes": {"classification": "retail"},
        "party": me,
    }
    return [
        twin.ask(dx.officer, "/v1/me", "POST", json=me, headers={"Idempotency-Key": "me"}),
        twin.ask(dx.officer, "/v1/applications", "POST", json=application, headers={"Idempotency-Key": "application"}),
        twin.ask(dx.officer, f"/v1/me/claims/{twin.ids['claim alice']}/on-chain", "POST", json=wanted, headers=on_chain),
        twin.ask(dx.officer, "/v1/me/offers/off_none/withdraw", "POST"),
        twin.ask(dx.officer, "/v1/me/wallet-authorizations/aut_none/withdraw", "POST"),
        twin.ask(dx.officer, "/v1/me/applications/app_none/offers", "POST", json={}, headers={"Idempotency-Key": "offer"}),
        twin.ask(dx.officer, "/v1/me/registrations", "POST", json={"token": twin.token, "country": 1000}, headers=asked),
        twin.ask(dx.browser, f"/my-claims/{twin.ids['claim alice']}/on-chain", "POST", data=wanted),
        twin.ask(
            dx.browser, f"/my-claims/{twin.ids['claim alice']}/on-chain/registration", "POST", data={**wanted, "country": "1000"}
        ),
        twin.ask(dx.browser, "/wallet", "POST", data={"application": "app_none"}),
        *(twin.ask(dx.browser, f"/wallet/off_none/{what}", "POST", data={}) for what in ("renew", "withdraw", "code")),
        twin.ask(dx.browser, "/orders/new", "POST", data=order),
    ]


def _moves(twin: Twin, dx: Network) -> list[Seen]:
    """The officer says that she lost everybody's wallet in turn: whether we know it is not told."""
    answers = []
    for number, wallet in enumerate(_wallets(twin)):
        sent = {"json": {"lost": str(wallet.account)}, "headers": {"Idempotency-Key": f"move-{number}"}}
        opened = twin.ask(dx.officer, "/v1/me/moves", "POST", **sent)
        move = json.loads(opened.content).get("id", "mov_none")
        confirmed = twin.ask(dx.officer, f"/v1/me/moves/{move}/confirm", "POST", json={}, headers=sent["headers"])
        objected = twin.ask(dx.officer, f"/v1/me/moves/{move}/object", "POST", json={})
        answers += [opened, confirmed, objected, twin.ask(dx.officer, f"/v1/me/moves/{move}/withdraw", "POST", json={})]
        answers += [twin.ask(dx.officer, f"/v1/me/accounts/{wallet.account}/unlink", "POST", json={}, headers=sent["headers"])]
    return answers


def _claims_of(twin: Twin, wallet: Wallet) -> list[dict[str, Any]]:
    return list(twin.get(twin.person(wallet), "/v1/me/claims", doing=f"{wallet.account} reads its claims")["items"])


def seen_in(twins: Twins, facts: OffChain) -> list[Seen]:
    twin = twins.open()
    try:
        seen = look(twin, settle(twin, facts))
        assert twin.faults == []
        return seen
    finally:
        twin.close()


@pytest.fixture
def new_database(postgresql_server: str, _counter: Iterator[int]) -> Iterator[Callable[[], str]]:
    """Gives the URL of another empty database each time, on PostgreSQL, which keeps no order of rows that nobody asked for."""
    admin = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    made: list[str] = []

    def create() -> str:
        made.append(f"test_{next(_counter)}")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {made[-1]}"))
        return postgresql_server.replace("/postgres?", f"/{made[-1]}?")

    yield create
    with admin.connect() as connection:
        for name in made:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def twins(onchain: Onchain, tmp_path: Path, new_database: Callable[[], str]) -> Twins:
    """A chain on which the office, its clients and others hold the token, allowances run every way, and the order is minted.

    An order may find its mint in the blocks just before it; the twins share the chain, so it is minted for all of them at once.
    """
    actors, token = onchain.actors, onchain.suite.token
    for wallet, quantity in ((actors.office, 500), (actors.alice, 300), (actors.bob, 150), (actors.carol, 50)):
        onchain.verify(wallet)
        actions.mint(actors.agent, token, wallet.address, quantity)
    for number in range(12, 17):
        wallet = onchain.devchain.wallet(number)
        onchain.verify(wallet)
        actions.mint(actors.agent, token, wallet.address, number)
    actions.approve(actors.alice, token, actors.office.address, 100)
    actions.approve(actors.office, token, actors.bob.address, 5)
    # DX's officer lets another office move hers: this office would see her name for it, and she may see that it did.
    for spender in (actors.stranger, actors.alice):
        actions.approve(onchain.devchain.wallet(16), token, spender.address, 3)
    actors.agent.send(token, trex.MINT.encode(actors.office.address, ORDERED) + reference(ORDER_ID))
    head = onchain.client.head()
    return Twins(onchain, tmp_path, new_database, from_unix_seconds(head.timestamp) + timedelta(seconds=5))


references = st.one_of(st.none(), st.from_regex(r"\A[A-Za-z0-9._-]{1,64}\Z"))
allowances = st.sampled_from([None, "1", "1000", "unlimited"])
people = st.builds(
    ClientFacts,
    legal_name=st.text(st.characters(categories=["L"]), min_size=5, max_size=60).map(partial(normalize, "NFC")),
    country=st.sampled_from([None, "CH", "IT"]),
    email=st.sampled_from([None, "someone@mail.example"]),
    capacity=st.sampled_from(["own", "client", "undeclared"]),
    intermediary=st.sampled_from([None, "office", "harbour"]),
    classification=st.sampled_from(["retail", "professional", "eligible_counterparty"]),
    invited_by=st.sampled_from([None, "office", "desk"]),
    reference=references,
    allowance=allowances,
)
allowances = st.sampled_from([None, "1", "1000", "unlimited"])
invitations = st.builds(
    SentInvitation, state=st.sampled_from(["open", "seen", "proved", "withdrawn"]), reference=references, allowance=allowances
)
batches = st.builds(
    SentBatch,
    references=st.lists(st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True), min_size=1, max_size=4).map(tuple),
    allowance=allowances,
    opened=st.booleans(),
)
worlds = st.builds(
    OffChain,
    clients=st.tuples(people, people),
    second_first=st.booleans(),
    third=st.one_of(st.none(), people),
    third_applied=st.booleans(),
    invitations=st.lists(invitations, max_size=3).map(tuple),
    batches=st.lists(batches, max_size=2).map(tuple),
    regulator_reads=st.booleans(),
    office_reads=st.booleans(),
)


ALL_TURNED_ROUND: Final = ClientFacts(
    legal_name="Zoë Øxnadalsheiði",
    country="IS",
    email="zoe@heidi.example",
    capacity="client",
    intermediary=None,
    classification="professional",
)
BY_INVITATION: Final = replace(ALL_TURNED_ROUND, invited_by="office", reference="mandate-2026-014", allowance="1000")
ANOTHER_WORLD: Final = OffChain(
    clients=(BY_INVITATION, replace(BY_INVITATION, invited_by="desk", reference=None)),
    second_first=True,
    third=BY_INVITATION,
    third_applied=True,
    invitations=tuple(
        SentInvitation(state=state, reference=f"mandate-{state}", allowance="unlimited")
        for state in ("open", "seen", "proved", "withdrawn")
    ),
    batches=(SentBatch(references=("mandate-a", "mandate-b"), allowance="250", opened=True), SentBatch()),
    regulator_reads=True,
    office_reads=True,
)


@pytest.mark.hypothesis
def test_worlds_that_differ_in_the_office_s_clients_look_the_same_to_the_network(twins: Twins) -> None:
    plain = seen_in(twins, OffChain())

    @settings(
        max_examples=max(1, settings().max_examples // 100),  # a world takes seconds: one here, thirty in `make fuzz`
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @example(ANOTHER_WORLD)
    @example(OffChain(clients=(ALL_TURNED_ROUND, ALL_TURNED_ROUND), third=ALL_TURNED_ROUND, regulator_reads=True))
    @given(worlds)
    def looks_the_same(changed: OffChain) -> None:
        for expected, actual in zip(plain, seen_in(twins, changed), strict=True):
            assert actual == expected, actual.asked

    looks_the_same()


def test_nothing_the_network_sees_names_a_client_or_shows_its_account_unasked(twins: Twins) -> None:
    twin = twins.open()
    dx = settle(twin, replace(ANOTHER_WORLD, clients=OffChain().clients, third=ClientFacts(legal_name="Carla Oliveira")))
    seen, actors = look(twin, dx), twin.onchain.actors
    words = ["Anna Feldkirch", "Bruno Castellani", "Carla Oliveira", "mandate"]
    words += [twin.ids[f"{what} {who}"] for what in ("party", "claim", "application") for who in ("alice", "bob")]
    words += [twin.ids["grant regulator"], *(made for doing, made in twin.ids.items() if doing.startswith(("invitation", "batch")))]
    accounts = [str(one.address).removeprefix("0x").lower() for one in (actors.alice, actors.bob, actors.carol)]
    for one in seen:
        asked = one.asked if one.status >= 400 else ""
        assert [word for word in words if word in _said(one) and word not in asked] == [], one.asked
        if not NAMES_ACCOUNTS.search(one.asked):
            assert [account for account in accounts if account in one.text.lower()] == [], one.asked
    _the_worlds_are_alive(twin, {one.asked: one.content for one in seen})
    twin.close()


def _said(one: Seen) -> str:
    """What an answer tells of this world: descriptions and style sheets are the code's."""
    return "" if one.asked.startswith(("GET /openapi", "GET /docs", "GET /assets", "GET /problems")) else one.text


def _the_worlds_are_alive(twin: Twin, answers: Mapping[str, bytes]) -> None:
    actors, token = twin.onchain.actors, f"GET /v1/tokens/{twin.token}"
    for wallet, eligible in ((actors.office, True), (actors.alice, True), (actors.bob, True), (actors.carol, False)):
        answer = json.loads(answers[f"{token}/eligibility/{wallet.account}"])
        assert answer["eligible"] is eligible, "their claims decide"
    table = json.loads(answers[f"{token}/cap-table?purpose={PURPOSE}"])
    assert [row["registered_holder"]["legal_name"] for row in table["items"]] == ["office AG"]
    assert table["items"][0]["transfer_authorities"] == []
    (order,) = json.loads(answers["GET /v1/orders"])["items"]
    assert (order["state"], order["signed_order"]["order"]["quantity"]) == ("minted", str(ORDERED))
    (mine,) = json.loads(answers["GET /v1/me/transfer-authorities"])["items"]
    spenders = {one["spender"]["account"]: one["spender"]["legal_name"] for one in mine["transfer_authorities"]}
    assert spenders == {str(actors.stranger.account): "harbour AG", str(actors.alice.account): None}
    assert "office AG" in answers[f"GET /cap-tables/{quote(twin.token)}?purpose={PURPOSE}"].decode()
    assert len(json.loads(answers["GET /v1/me/disclosures"])["items"]) == 2, "the desk read the officer's own application"


def test_every_route_is_asked_or_refused_or_left_out_for_a_reason(twins: Twins) -> None:
    twin = twins.open()
    dx = settle(twin, OffChain())
    rules = {
        f"{method} {rule.rule}": rule
        for rule in twin.http.application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    listed = [*OPEN, *NOT_ASKED]
    assert sorted(listed) == sorted(set(listed)), "in one list only"
    assert set(listed) <= set(rules), "of routes that there are"
    assert _routes_of(twin, look(twin, dx)) >= set(OPEN)
    for name in sorted(set(rules) - set(listed)):
        method, path = name.replace("<token>", twin.token).split(" ")
        callers = [dx.browser] if rules[name].endpoint.rpartition(".")[0].endswith("_pages") else [dx.machine, dx.officer]
        for who in callers:
            sent = {"headers": {"Idempotency-Key": "k"}, "json": {}} if method == "POST" else {}
            assert twin.ask(who, path, method, **sent).status == 403, f"{name} opens to DX: ask it, or say why not"
    for own in OFFICERS_OWN:
        method, path = own.replace("<token>", twin.token).split(" ")
        assert twin.ask(dx.machine, path, method, headers={"Idempotency-Key": "k"}).status == 403, own
    twin.close()


def _routes_of(twin: Twin, seen: list[Seen]) -> set[str]:
    """The routes that were asked."""
    adapter = twin.http.application.url_map.bind("localhost")
    asked = [one.asked.partition("?")[0].split(" ") for one in seen]
    matched = [(method, adapter.match(path, method=method, return_rule=True)[0]) for method, path in asked]
    return {f"{method} {rule.rule}" for method, rule in matched}
