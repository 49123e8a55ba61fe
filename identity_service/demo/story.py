"""The story of the case study, step by step. Every step ends in a check that reads the chain or the HTTP API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from claim_issuers.claims.vocabulary import CLAIM_TYPES
from claim_issuers.formats import eligibility, erc735
from claim_issuers.formats.eligibility import Eligibility
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.secp256k1 import signature_encodings
from claim_issuers.status.token_status_list import verify as verify_status_list
from claim_issuers.verifiers.checks import Outcome
from identity_service.chain.errors import CallReverted
from identity_service.chain.identity_reads import SignedClaim
from identity_service.demo import actions, acts, cast
from identity_service.demo.verifying import Verifier
from identity_service.demo.world import World

ISSUED: Final = 1000
_SHARES: Final = {
    "client-anna": 200,
    "client-bruno": 150,
    "client-carla": 100,
    "client-david": 50,
    "client-elena": 40,
    "client-farid": 30,
}
_FULLY_ON_CHAIN: Final = [one for one in cast.CLIENTS if one.name != cast.EXPIRED_CLIENT]


class CheckFailed(AssertionError):
    """What the chain or the API says is not what the story claims."""


@dataclass(frozen=True, slots=True)
class Step:
    """A sentence for people and the act and check behind it, which gives its evidence in a few words."""

    name: str
    run: Callable[[World], str]


def require(holds: bool, what: str) -> None:
    """Raise CheckFailed unless ``holds``."""
    if not holds:
        raise CheckFailed(what)


def accredit(world: World) -> str:
    terms = {"topics": ["INVESTOR", "FAMILY_OFFICE", "CUSTODIAN"], "may_accredit": False, "path_length": 0}
    for name in ("claim_issuer", "claim_issuer_2"):
        acts.obtain_claim(world, name, desk="root", claim_type="CLAIM_ISSUER", attributes=terms, party=None)
    found = world.machines["administrator"].get("/v1/accreditations")["items"]
    root = world.claim_issuers["root"]["did"]
    require(len(found) == 2 and all(one["accreditor"] == root for one in found), f"accreditations: {found}")
    return f"{len(found)} accreditations by {root}"


def issue_claims(world: World) -> str:
    for firm in cast.INTERMEDIARIES:
        acts.obtain_intermediary_claim(world, firm)
    for one in cast.CLIENTS:
        short = one.name == cast.EXPIRED_CLIENT
        acts.obtain_investor_claim(world, one, desk=_desk(one), valid_for=2 if short else acts.YEAR)
    states = [world.people[name].get("/v1/me/claims")["items"][-1]["state"] for name in world.claim if name in world.wallet]
    require(set(states) <= {"live", "expired"} and states.count("live") >= 11, f"claim states: {states}")
    return f"{len(cast.INTERMEDIARIES)} intermediaries and {len(cast.CLIENTS)} clients; each reads its claim under /v1/me/claims"


def take_into_wallet(world: World) -> str:
    anna = _client("client-anna")
    held = acts.take_into_wallet(world, anna)
    account = world.wallet[anna.name].account
    shown = Verifier(world.transport).present(held, disclose=["classification"], account=account)
    failed = [f"{one.code}: {one.reason}" for one in shown.checks if one.outcome is not Outcome.PASSED]
    require(shown.ok and shown.credential is not None, f"the presentation: {failed}")
    disclosed = {} if shown.credential is None else dict(shown.credential.disclosed)
    require(disclosed == {"classification": anna.classification}, f"disclosed: {disclosed}")
    return f"dc+sd-jwt for {account}, bound to the wallet app's key; shown with one attribute, {len(shown.checks)} checks pass"


def go_on_chain(world: World) -> str:
    players: list[cast.Intermediary | cast.Client] = [*cast.INTERMEDIARIES, *_FULLY_ON_CHAIN]
    names = [one.name for one in players]
    acts.deploy_identities(world, names)
    acts.let_relayer_add_claims(world, names)
    desks = {one.name: _desk(one) for one in players}
    acts.put_claims_on_chain(world, desks, {one.name: acts.forms_of(world, one) for one in players})
    acts.register_holders(world, names)
    verified = [world.reads.is_verified(world.wallet[name].address, world.head) for name in names]
    require(all(verified), f"isVerified: {dict(zip(names, verified, strict=True))}")
    return f"IdentityRegistry.isVerified is true for {len(verified)} accounts"


def mint_to_office(world: World) -> str:
    office = world.wallet["office-linden"].address
    actions.mint(world.agent, world.suite.token, office, ISSUED)
    require(world.reads.balance(office, world.head) == ISSUED, "the office's balance")
    require(_kind_claim_valid(world), "the FAMILY_OFFICE claim on the office's identity contract")
    return f"balance {ISSUED}; its FAMILY_OFFICE claim is valid on chain"


def attest_office(world: World) -> str:
    answer = world.eligibility("office-linden")
    require(answer["eligible"] and answer["categories"] == ["FAMILY_OFFICE"], f"eligibility: {answer}")
    signed = answer["attestation"]
    message = Eligibility(
        account=Address.parse(signed["message"]["account"]),
        token=Address.parse(signed["message"]["token"]),
        categories=int(signed["message"]["categories"]),
        issued_at=signed["message"]["issuedAt"],
        valid_until=signed["message"]["validUntil"],
        epoch=signed["message"]["epoch"],
    )
    signer = eligibility.recover(
        message,
        bytes.fromhex(signed["signature"][2:]),
        chain_id=signed["domain"]["chainId"],
        verifying_contract=Address.parse(signed["domain"]["verifyingContract"]),
    )
    known = world.machines["administrator"].get("/v1/chains")["items"][0]["eligibility_signer"]
    require(str(signer) == known, "the attestation's signer")
    return f"category FAMILY_OFFICE, signed by {signer}, as of block {answer['as_of']['block_number']}"


def refuse_stranger(world: World) -> str:
    office, stranger = world.wallet["office-linden"], world.stranger
    reason = _refusal(lambda: actions.transfer(office, world.suite.token, stranger.address, 1))
    require(not world.reads.is_verified(stranger.address, world.head), "the stranger is not verified")
    path = f"/v1/tokens/{world.token}/eligibility/{stranger.account}"
    answer = world.machines["token_issuer"].get(path)
    failed = [one["check"] for one in answer["reasons"] if one["outcome"] == "failed"]
    require(not answer["eligible"] and "account_known" in failed, f"eligibility of the stranger: {answer}")
    return f'the token reverts "{reason}"; the service says why: {", ".join(failed)}'


def refuse_expired(world: World) -> str:
    def look() -> Any:
        return {one["check"]: one for one in world.eligibility(cast.EXPIRED_CLIENT)["reasons"]}["claim_live"]

    seen = world.until(look, lambda check: check["outcome"] == "failed", "the claim to expire")
    require(seen["reason"] == "the claim is expired", f"claim_live: {seen}")
    return f"{cast.EXPIRED_CLIENT}: {seen['reason']}"


def distribute(world: World) -> str:
    office = world.wallet["office-linden"]
    for name, quantity in _SHARES.items():
        actions.transfer(office, world.suite.token, world.wallet[name].address, quantity)
    head = world.head
    holders = {name: world.reads.balance(world.wallet[name].address, head) for name in _SHARES}
    office_left = world.reads.balance(office.address, head)
    require(holders == _SHARES, f"balances: {holders}")
    supply = world.reads.total_supply(head)
    require(sum(holders.values()) + office_left == supply, "sum of balances against totalSupply")
    return f"{len(_SHARES)} clients hold {sum(holders.values())}, the office {office_left}; their sum is totalSupply {supply}"


def take_custody(world: World) -> str:
    office, token = world.wallet["office-linden"], world.suite.token
    actions.approve(world.wallet["client-anna"], token, office.address, 300)
    actions.approve(world.wallet["client-bruno"], token, office.address, 100)
    actions.approve(world.wallet["client-elena"], token, world.wallet["custodian-fjord"].address, 25)
    actions.transfer_from(office, token, world.wallet["client-bruno"].address, world.wallet["client-carla"].address, 40)
    head = world.head
    left = world.reads.allowance(world.wallet["client-bruno"].address, office.address, head)
    require(left == 60, f"the allowance after the move: {left}")
    return f"three approvals; the office moved 40 of client-bruno's tokens, allowance left {left}"


def show_named_table(world: World) -> str:
    acts.give_grants(world)
    table = world.cap_table("regulator", "supervision")
    rows = {row["registered_holder"]["account"]: row for row in table["items"]}
    anna = rows[str(world.wallet["client-anna"].account)]
    authority = anna["transfer_authorities"][0]
    require(anna["registered_holder"]["legal_name"] == "Anna Maria Feldkirch", f"the holder's name: {anna}")
    require(authority["spender"]["legal_name"] == "Linden Family Office AG", f"the custodian's name: {authority}")
    require(authority["standing"] == "custodian" and authority["effective"] == "200", f"the authority: {authority}")
    _require_reconciled(world, table)
    return "client-anna owns 200, Linden Family Office may move 200 of an allowance of 300; totals reconcile"


def show_bare_table(world: World) -> str:
    text = str(world.cap_table("token_issuer", "general_meeting"))
    leaked = [one.legal_name for one in (*cast.CLIENTS, *cast.INTERMEDIARIES) if one.legal_name in text]
    require(not leaked, f"names without a grant: {leaked}")
    return "the same table for a purpose nobody granted: accounts and quantities, no name"


def show_blind_table(world: World) -> str:
    table = world.cap_table("network", "network_settlement")
    text = str(table)
    hidden = [one.legal_name for one in cast.CLIENTS] + [str(world.wallet[one.name].address) for one in cast.CLIENTS]
    require(not [one for one in hidden if one in text], "the network saw a client")
    require("Linden Family Office AG" in text, "the network sees the office")
    _require_reconciled(world, table)
    return f"{len(table['items'])} intermediary shown, clients as one total of {table['not_disclosed']}; total unchanged"


def show_disclosures(world: World) -> str:
    seen = world.people["client-anna"].get("/v1/me/disclosures")["items"]
    by_regulator = [one for one in seen if one["viewer_party"] == world.party["regulator"]]
    require(bool(by_regulator) and by_regulator[-1]["purpose"] == "supervision", f"disclosures: {seen}")
    last = by_regulator[-1]
    require(last["viewer_name"] == cast.REGULATOR, f"the viewer's name: {last}")
    return f"client-anna reads: {cast.REGULATOR}, for {last['purpose']}, at {last['at'][:19]}"


def revoke_client(world: World) -> str:
    name = cast.REVOKED_CLIENT
    before = world.reads.is_verified(world.wallet[name].address, world.head)
    _revoke(world, name, _desk(_client(name)))
    after = world.reads.is_verified(world.wallet[name].address, world.head)
    require(before and not after, f"isVerified {before} then {after}")
    refused = _refusal(lambda: actions.transfer(world.wallet["office-linden"], world.suite.token, world.wallet[name].address, 1))
    return f'isVerified true, then false; a transfer to {name} reverts "{refused}"'


def revoke_office(world: World) -> str:
    name = "office-linden"
    _revoke(world, name, "claim_issuer")
    require(_status_of(world, name) == 1, "the status list")
    still = [encoding for encoding in _encodings(world, name) if _readds(world, name, encoding)]
    require(not still, f"{len(still)} encodings could be added again")
    require(not world.reads.is_verified(world.wallet[name].address, world.head), "isVerified of the office")
    require(not world.eligibility(name)["eligible"], "eligibility of the office")
    rows = world.cap_table("regulator", "supervision")["items"]
    anna = next(row for row in rows if row["registered_holder"]["account"] == str(world.wallet["client-anna"].account))
    authority = anna["transfer_authorities"][0]
    require((authority["standing"], authority["effective"]) == ("lapsed", "200"), f"the authority: {authority}")
    return "list, chain (4 encodings) and eligibility say no; the table says: lapsed, can still move 200 until the client cancels"


STORY: Final = (
    Step("The root accredits two claim issuers", accredit),
    Step("Two family offices, a custodian and eight clients prove their wallets and receive claims", issue_claims),
    Step("A client's wallet app takes the claim up by OpenID4VCI, and shows only what it chooses", take_into_wallet),
    Step("Identity contracts, claims and registrations go on chain", go_on_chain),
    Step("The token issuer mints to the family office", mint_to_office),
    Step("The service attests the office's eligibility, as a family office", attest_office),
    Step("A stranger cannot receive the token", refuse_stranger),
    Step("A client whose claim expired is not eligible", refuse_expired),
    Step("The office distributes to its clients", distribute),
    Step("Clients approve allowances: custody without a custody contract", take_custody),
    Step("The regulator opens the cap table with names", show_named_table),
    Step("Without a grant there are no names", show_bare_table),
    Step("The network sees intermediaries and never their clients", show_blind_table),
    Step("A client reads who saw the name", show_disclosures),
    Step("A client's claim is revoked", revoke_client),
    Step("The office's licence claim is revoked, everywhere", revoke_office),
)


def _desk(one: cast.Intermediary | cast.Client) -> str:
    """The clients of the second office, and those without one, go to the second claim issuer."""
    return "claim_issuer" if isinstance(one, cast.Intermediary) or one.office == "office-linden" else "claim_issuer_2"


def _client(name: str) -> cast.Client:
    return next(one for one in cast.CLIENTS if one.name == name)


def _kind_claim_valid(world: World) -> bool:
    """Whether the office's identity contract holds a FAMILY_OFFICE claim that its claim issuer's contract confirms."""
    identity_contract, topic = world.identity_contract["office-linden"], CLAIM_TYPES["FAMILY_OFFICE"].topic
    issuer = Address.parse(str(world.form["office-linden"]["claim_issuer_contract"]))
    found = world.identities.claim(identity_contract, erc735.claim_id(issuer, topic), world.head)
    if found is None:
        return False
    claim = SignedClaim(identity_contract=identity_contract, topic=topic, data=found.data, signature=found.signature)
    return world.identities.is_claim_valid(issuer, claim, world.head)


def _refusal(act: Callable[[], object]) -> str:
    """The contract's reason. Raises CheckFailed when it did not refuse."""
    try:
        act()
    except CallReverted as error:
        return str(error.data.get("reason", ""))
    raise CheckFailed("the contract let it pass")


def _require_reconciled(world: World, table: Any) -> None:
    parts = sum(int(table[part]) for part in ("disclosed", "below_threshold", "not_disclosed"))
    require(parts == int(table["total_supply"]) == world.reads.total_supply(world.head), "totals against totalSupply")
    require(table["index_check"] == "0", f"index check {table['index_check']}")


def _revoke(world: World, name: str, desk: str) -> None:
    """Revoke and wait until every place has its receipt."""
    session, claim = world.machines[desk], world.claim[name]
    session.post(f"/v1/claims/{claim}/revoke", {"reason": "licence_withdrawn"})
    world.until(
        lambda: session.get(f"/v1/claims/{claim}")["revocation_places"],
        lambda places: places and all(place["state"] == "done" and place["receipts"] for place in places),
        "the revocation to reach every place",
    )


def _status_of(world: World, name: str) -> int:
    """What the published status list says, verified with the key in the claim issuer's DID document."""
    claim = world.people[name].get(f"/v1/me/claims/{world.claim[name]}")
    path = f"/status-lists/{claim['status_list']}"
    token = world.transport.send("GET", path, headers={}).body.decode()
    issuer = world.claim_issuers["claim_issuer"]["id"]
    document = world.transport.send("GET", f"/claim-issuers/{issuer}/did.json", headers={}).json()
    key = public_key_from_jwk(document["verificationMethod"][0]["publicKeyJwk"])
    listed = verify_status_list(token, uri=world.transport.base_url + path, keys=lambda _kid: key, instant=world.clock.now())
    return listed.array.get(claim["status_list_index"])


def _encodings(world: World, name: str) -> tuple[bytes, ...]:
    return tuple(signature_encodings(bytes.fromhex(str(world.form[name]["signature"])[2:])))


def _readds(world: World, name: str, signature: bytes) -> bool:
    """Whether the holder can put the revoked claim back under this encoding and be verified again."""
    form = world.form[name]
    try:
        actions.add_claim(
            world.wallet[name],
            world.identity_contract[name],
            topic=int(str(form["topic"])),
            claim_issuer=Address.parse(str(form["claim_issuer_contract"])),
            signature=signature,
            data=bytes.fromhex(str(form["data"])[2:]),
        )
    except CallReverted:
        return False
    return world.reads.is_verified(world.wallet[name].address, world.head)
