"""Accounts and addresses that are none, in every place where one is taken."""

from collections.abc import Iterator
from typing import Any

from identity_service.demo.api import Session
from identity_service.demo.world import World
from tests.api.asking import kept, pointers, problem, refused
from tests.conftest import ONE_ENGINE
from tests.support.stand import Stand

ENGINES = ONE_ENGINE

GOOD = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
MALFORMED = {
    "nothing": "",
    "no chain": GOOD,
    "too short": "eip155:31337:0x5aAeb605",
    "too long": f"eip155:31337:{GOOD}00",
    "wrong checksum": "eip155:31337:0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "no hex digit": f"eip155:31337:{GOOD[:-1]}g",
    "no prefix": f"eip155:31337:{GOOD[2:]}",
    "digits of another script": "eip155:31337:0x" + "\u0661" * 40,
    "chain number with a leading zero": f"eip155:031337:{GOOD}",
    "chain number above 64 bits": f"eip155:{2**63}:{GOOD}",
    "chain number of forty digits": f"eip155:{'9' * 40}:{GOOD}",
    "no chain number": f"eip155::{GOOD}",
    "negative chain number": f"eip155:-1:{GOOD}",
    "another namespace": f"solana:31337:{GOOD}",
    "space at the end": f"eip155:31337:{GOOD} ",
    "line feed at the end": f"eip155:31337:{GOOD}\n",
}
UNREADABLE_AS_PATH = {"nothing", "line feed at the end"}  # the path itself is refused before its account is read
ELSEWHERE = f"eip155:1:{GOOD}"
NOBODY = f"eip155:31337:{GOOD}"


def paths(scene: World) -> Iterator[tuple[str, str, Session, dict[str, Any]]]:
    """Method, path with one account to fill in, caller and body of each route that takes an account in its path."""
    reader, issuer = scene.machines["regulator"], scene.machines["token_issuer"]
    yield "GET", "/v1/tokens/{}", reader, {}
    yield "GET", "/v1/tokens/{}/cap-table?purpose=supervision", reader, {}
    yield "GET", f"/v1/tokens/{{}}/eligibility/{NOBODY}", reader, {}
    yield "GET", f"/v1/tokens/{scene.token}/eligibility/{{}}", reader, {}
    yield "GET", f"/v1/tokens/{{}}/explain?account={NOBODY}", reader, {}
    yield "GET", f"/v1/me/tokens/{{}}/explain?account={NOBODY}", scene.people["client-anna"], {}
    yield "GET", "/v1/tokens/{}/registrations", issuer, {}
    yield "POST", "/v1/tokens/{}/registrations", issuer, {"json": {"account": NOBODY}}


def bodies(scene: World) -> Iterator[tuple[str, Session | None, str, dict[str, Any]]]:
    """Path, caller, pointer and the rest of the body of each route that takes an account in its body."""
    admin, desk, issuer = (scene.machines[role] for role in ("administrator", "claim_issuer", "token_issuer"))
    yield "/v1/account-proofs/challenges", None, "/account", {}
    yield "/v1/identity-contracts", desk, "/account", {}
    yield "/v1/seats", admin, "/account", {"role": "regulator", "party": "pty_x"}
    yield f"/v1/tokens/{scene.token}/registrations", issuer, "/account", {}
    yield (
        "/v1/tokens",
        admin,
        "/token",
        {"token_issuer": "pty_x", "accepted_claim_types": ["INVESTOR"], "trusted_factories": [GOOD]},
    )
    yield (
        "/v1/grants",
        admin,
        "/token",
        {
            "viewer": "pty_x",
            "role": "regulator",
            "purposes": ["supervision"],
            "legal_basis": "b",
            "valid_until": "2099-01-01T00:00:00Z",
        },
    )


def test_a_malformed_account_is_refused_wherever_one_is_taken_and_nothing_changes(stand: Stand, scene: World) -> None:
    for method, path, session, options in paths(scene):
        session.token()
        before = kept(stand)
        for name in MALFORMED.keys() - UNREADABLE_AS_PATH:
            answer = stand.request(method, path.format(MALFORMED[name]), session, headers={"Idempotency-Key": "k"}, **options)
            assert problem(answer, status=400)["code"] == "malformed_account", (path, name)
        assert kept(stand) == before, path
    for path, session, pointer, rest in bodies(scene):
        if session is not None:
            session.token()
        before = kept(stand)
        for name, text in {**MALFORMED, "a number": 31337, "null": None, "a list": [NOBODY]}.items():
            content = {**rest, pointer.removeprefix("/"): text}
            answer = problem(stand.request("POST", path, session, json=content, headers={"Idempotency-Key": "k"}), status=422)
            assert (answer["code"], pointers(answer)) == ("invalid_field", [pointer]), (path, name)
        assert kept(stand) == before, path


def test_a_malformed_address_or_chain_is_refused_wherever_one_is_taken(stand: Stand, scene: World) -> None:
    admin = scene.machines["administrator"]
    claim_issuer = scene.claim_issuers["claim_issuer"]["id"]
    token = {"token": NOBODY, "token_issuer": "pty_x", "accepted_claim_types": ["INVESTOR"]}
    new = {"party": scene.party["claim_issuer"], "name": "N", "claim_types": ["INVESTOR"]}
    addresses = ("", "0x", GOOD[2:], f"{GOOD}00", "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", NOBODY, "\u0000")
    chains = ("", "31337", "eip155:", "eip155:-1", f"eip155:{2**63}", "eip155:031337", "eip155:31337:", "solana:1")
    for path, session, pointer, contents in (
        ("/v1/tokens", admin, "/trusted_factories/0", [{**token, "trusted_factories": [bad]} for bad in addresses[:-1]]),
        (
            f"/v1/claim-issuers/{claim_issuer}/contracts",
            admin,
            "/contract",
            [{"chain": "eip155:31337", "contract": bad} for bad in addresses[:-1]],
        ),
        (
            f"/v1/claim-issuers/{claim_issuer}/contracts",
            admin,
            "/chain",
            [{"chain": bad, "contract": GOOD} for bad in chains],
        ),
        ("/v1/claim-issuers", admin, "/chains/0", [{**new, "chains": [bad]} for bad in chains]),
    ):
        session.token()
        before = kept(stand)
        for content in contents:
            answer = problem(stand.request("POST", path, session, json=content, headers={"Idempotency-Key": "k"}), status=422)
            assert (answer["code"], pointers(answer)) == ("invalid_field", [pointer]), content
        assert kept(stand) == before


def test_an_account_of_another_chain_is_refused_in_words_that_say_so(stand: Stand, scene: World) -> None:
    reader, admin = scene.machines["regulator"], scene.machines["administrator"]
    for method, path, session, options in paths(scene):
        about_an_account = "eligibility" in path or "explain" in path
        code = "wrong_chain_for_token" if about_an_account else "token_unknown"
        refused(stand, method, path.format(ELSEWHERE), code, session, **options)
    everywhere = f"/v1/tokens/{ELSEWHERE}/eligibility/{ELSEWHERE}"
    refused(stand, "GET", everywhere, "token_unknown", reader)
    for path, session, pointer, rest in bodies(scene):
        content = {**rest, pointer.removeprefix("/"): ELSEWHERE}
        if session is None:
            continue  # a challenge is given for any account; its proof is refused, see test_bad_proofs
        code = {
            "/v1/tokens": "chain_not_configured",
            "/v1/grants": "token_unknown",
            "/v1/identity-contracts": "account_unknown",
            "/v1/seats": "party_unknown",
        }.get(path, "wrong_chain_for_registration")
        if path == "/v1/tokens":
            content["token_issuer"] = scene.party["token_issuer"]
        refused(stand, "POST", path, code, session, json=content)
    claim_issuer = scene.claim_issuers["claim_issuer"]["id"]
    new = {"party": scene.party["claim_issuer"], "name": "N", "claim_types": ["INVESTOR"], "chains": ["eip155:1"]}
    refused(stand, "POST", "/v1/claim-issuers", "chain_not_configured", admin, json=new)
    contract = {"chain": "eip155:1", "contract": GOOD}
    path = f"/v1/claim-issuers/{claim_issuer}/contracts"
    refused(stand, "POST", path, "claim_issuer_contract_missing", admin, json=contract)


def test_a_token_must_be_deployed_and_an_erc_3643_token(stand: Stand, scene: World) -> None:
    issuer, chain = scene.machines["administrator"], scene.devchain.chain
    new = {
        "token_issuer": scene.party["token_issuer"],
        "accepted_claim_types": ["INVESTOR"],
        "trusted_factories": [str(scene.suite.id_factory)],
    }
    for nothing in (GOOD, scene.stranger.address, "0x" + "00" * 20):
        refused(stand, "POST", "/v1/tokens", "token_not_deployed", issuer, json={**new, "token": f"{chain}:{nothing}"})
    for other in (scene.suite.identity_registry, scene.suite.id_factory, scene.suite.compliance):
        refused(stand, "POST", "/v1/tokens", "token_not_deployed", issuer, json={**new, "token": f"{chain}:{other}"})
    unfit = {**new, "token": str(scene.token), "trusted_factories": [str(scene.suite.token)]}
    assert pointers(refused(stand, "POST", "/v1/tokens", "identity_factory_unfit", issuer, json=unfit)) == ["/trusted_factories/0"]
    again = {**new, "token": str(scene.token)}
    refused(stand, "POST", "/v1/tokens", "token_already_registered", issuer, json=again)
