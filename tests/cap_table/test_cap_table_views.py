"""Each reader's view of one register: whom it names, what it hides, what it records, and how it pages."""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from claim_issuers.claims.claim import Validity
from claim_issuers.clock import SystemEntropy
from claim_issuers.identifiers.accounts import Account, Address
from claim_issuers.trust.accreditation import PathDecision, Root, decide_path
from identity_service.access.grants import GrantorKind, Grants
from identity_service.access.model import Role
from identity_service.cap_table.model import Cursor, CursorOutdated, PurposeUnknown, Standing, View
from identity_service.cap_table.service import OLDEST_REGISTER, CapTable, Page
from identity_service.issuance.model import ClaimRecord, ClaimState
from identity_service.parties.model import Capacity, RelationKind
from identity_service.register.model import Allowance, AsOf, Holding, Progress, RegisterBehind, RegisterView
from identity_service.storage import Database
from identity_service.tokens.model import Token, TokenContracts
from tests.parties.house import NOW, House, account, proof_of, reader

TOKEN = Token(
    contracts=TokenContracts(
        token=account(0x99),
        name="Bond",
        symbol="BND",
        decimals=0,
        identity_registry=Address(b"\x01" * 20),
        identity_registry_storage=Address(b"\x02" * 20),
        trusted_issuers_registry=Address(b"\x03" * 20),
        claim_topics_registry=Address(b"\x04" * 20),
        compliance=Address(b"\x05" * 20),
        deployed_block=1,
        storage_deployed_block=1,
    ),
    token_issuer="pty_issuer",
    accepted_claim_types=("INVESTOR",),
)
PURPOSE = "register_keeping"
BLOCK_TIME = NOW - timedelta(hours=1)


@dataclass
class MemoryTokens:
    def get(self, session: Session, token: Account) -> Token:
        assert token == TOKEN.id
        return TOKEN


@dataclass
class MemoryClaims:
    """The claims bound to accounts, all by one claim issuer: accredited, as a root is, until it is not."""

    held: dict[Account, list[ClaimRecord]] = field(default_factory=dict)
    roots: list[Root] = field(default_factory=lambda: [Root("did:web:issuer.example")])

    def accreditations_at(self, session: Session, instant: datetime) -> Callable[[ClaimRecord], PathDecision]:
        return lambda claim: decide_path("did:web:issuer.example", claim.claim_type, self.roots, [], instant)

    def claims_on(self, session: Session, accounts: Iterable[Account]) -> dict[Account, list[ClaimRecord]]:
        return {one: list(self.held[one]) for one in accounts if one in self.held}


@dataclass
class MemoryRegister:
    """A register of one token whose blocks are set by the test."""

    blocks: dict[int, RegisterView] = field(default_factory=dict)
    synced_at: datetime = NOW

    def progress(self, session: Session, token: Token) -> Progress:
        head = self.blocks[max(self.blocks)].as_of
        return Progress(head=head, indexed_to=head, synced_at=self.synced_at)

    def as_of(self, session: Session, token: Token, block: int | None = None) -> RegisterView:
        number = max(self.blocks) if block is None else block
        if number not in self.blocks:
            raise RegisterBehind("not indexed yet")
        return self.blocks[number]

    def mine(self, number: int, holdings: dict[int, int], allowances: dict[tuple[int, int], int], fork: int = 0) -> None:
        """Block ``number`` with these balances and allowances; another ``fork`` has another hash."""
        self.blocks[number] = RegisterView(
            as_of=AsOf(
                chain=TOKEN.chain,
                block_number=number,
                block_hash=bytes([fork]) * 16 + number.to_bytes(16, "big"),
                instant=BLOCK_TIME,
            ),
            paused=False,
            registry_bound=True,
            total_supply=sum(holdings.values()),
            holdings={account(one): _holding(one, quantity) for one, quantity in holdings.items()},
            allowances=tuple(
                Allowance(
                    owner=account(owner),
                    spender=account(spender),
                    allowance=amount,
                    effective=min(amount, holdings.get(owner, 0)),
                    since_block=1,
                )
                for (owner, spender), amount in allowances.items()
            ),
        )


def _holding(number: int, quantity: int) -> Holding:
    return Holding(
        account=account(number),
        quantity=quantity,
        frozen=0,
        account_frozen=False,
        identity_contract=None,
        country=None,
        since_block=1,
    )


@dataclass(frozen=True)
class Stage:
    """Two offices, a custodian, nine clients of the first office, one of the second, and a stranger nobody knows."""

    house: House
    register: MemoryRegister
    claims: MemoryClaims
    grants: Grants
    table: CapTable
    party: dict[str, str]

    def read(self, role: Role, party: str | None, **options: Any) -> Page:
        usual: dict[str, Any] = {"purpose": PURPOSE, "block": None, "cursor": None, "limit": 500}
        with self.house.db.write() as session:
            caller = reader(party, role) if party else dataclasses.replace(reader("", role), party_id=None)
            return self.table.read(session, caller, TOKEN.id, **{**usual, **options})

    def allow(self, role: Role, party: str, **changes: Any) -> None:
        usual: dict[str, Any] = {
            "token": str(TOKEN.id),
            "viewer_party_id": party,
            "role": role,
            "grantor_kind": GrantorKind.STATUTE,
            "grantor_party_id": None,
            "purposes": frozenset({PURPOSE}),
            "legal_basis": "Statute",
            "case_number": "A-1",
            "threshold": 0,
            "fields": frozenset({"legal_name"}),
            "valid_from": NOW,
            "valid_until": NOW + timedelta(days=1),
        }
        with self.house.db.write() as session:
            self.grants.new(session, granted_by="cli_admin", **{**usual, **changes})

    def recorded(self) -> set[str]:
        """The parties about whom somebody read something."""
        with self.house.db.read() as session:
            return {name for name, party in self.party.items() if self.house.disclosures.about(session, party)}

    def revoke_licence(self, number: int) -> None:
        self.claims.held[account(number)] = [
            dataclasses.replace(one, revoked_at=self.house.clock.now()) for one in self.claims.held[account(number)]
        ]


OFFICE, HARBOUR, FJORD, STRANGER, ANNA_TOO = 1, 2, 3, 40, 30
CLIENTS = {"anna": 10, "bruno": 11, "carla": 12, "david": 13, "emma": 14, "felix": 15, "gina": 16, "hugo": 17, "ida": 18}
ELENA = 20
HOLDINGS = {
    OFFICE: 1000,
    **{number: 100 + number for number in CLIENTS.values()},
    ANNA_TOO: 3,
    ELENA: 115,
    STRANGER: 50,
}
ALLOWANCES = {
    (CLIENTS["anna"], OFFICE): 200,
    (CLIENTS["bruno"], STRANGER): 5,
    (CLIENTS["carla"], CLIENTS["anna"]): 7,
    (ANNA_TOO, OFFICE): 1,
    (ELENA, FJORD): 60,
    (OFFICE, FJORD): 10,
    (OFFICE, CLIENTS["bruno"]): 1,
}
NAMES = {name: f"{name.title()} Holderson" for name in (*CLIENTS, "elena")} | {
    "office": "Linden Family Office AG",
    "harbour": "Harbour Ltd",
    "fjord": "Fjord Custody AS",
}


def licence(number: int, kind: str) -> ClaimRecord:
    start = NOW - timedelta(days=30)
    return ClaimRecord(
        id=f"clm_{number}",
        party_id="pty",
        account=account(number),
        claim_issuer_id="cis",
        claim_type=kind,
        validity=Validity(start, start + timedelta(days=365)),
        state=ClaimState.ISSUED,
        issued_at=start,
        revoked_at=None,
        status_list_id="lst",
        status_index=number,
    )


@pytest.fixture
def stage(db: Database, tmp_path: Path) -> Stage:
    house = House.build(db, tmp_path)
    register, claims, grants = MemoryRegister(), MemoryClaims(), Grants(house.clock, SystemEntropy())
    party = {name: house.person(legal_name) for name, legal_name in NAMES.items()}
    accounts = {**CLIENTS, "elena": ELENA, "office": OFFICE, "harbour": HARBOUR, "fjord": FJORD}
    with db.write() as session:
        for name, number in (*accounts.items(), ("anna", ANNA_TOO)):
            house.parties.bind_account(session, party_id=party[name], proof=proof_of(number), capacity=Capacity.OWN, actor="test")
        for name in (*CLIENTS, "elena"):
            house.parties.relate(
                session,
                party_id=party[name],
                kind=RelationKind.CLIENT_OF,
                other_party_id=party["harbour" if name == "elena" else "office"],
                evidence="app",
                actor="test",
            )
    for number, kind in ((OFFICE, "FAMILY_OFFICE"), (HARBOUR, "FAMILY_OFFICE"), (FJORD, "CUSTODIAN")):
        claims.held[account(number)] = [licence(number, kind)]
    for number in (*CLIENTS.values(), ANNA_TOO, ELENA):
        claims.held[account(number)] = [licence(number, "INVESTOR")]
    register.mine(7, HOLDINGS, ALLOWANCES)
    table = CapTable(
        clock=house.clock,
        register=register,  # type: ignore[arg-type]
        tokens=MemoryTokens(),  # type: ignore[arg-type]
        parties=house.parties,
        issuance=claims,  # type: ignore[arg-type]
        grants=grants,
        disclosures=house.disclosures,
    )
    return Stage(house, register, claims, grants, table, party)


def named(page: Page) -> dict[int, str]:
    """Account number → the name shown for it."""
    return {int.from_bytes(one.address.value, "big"): fields["legal_name"] for one, fields in page.names.items()}


def shown(page: Page) -> set[int]:
    return {int.from_bytes(row.account.address.value, "big") for row in page.rows}


def reconciles(page: Page) -> bool:
    totals = page.selection.totals
    return page.total_supply == sum(HOLDINGS.values()) == totals.disclosed + totals.below_threshold + totals.not_disclosed


def test_without_a_grant_there_is_no_name_and_no_record(stage: Stage) -> None:
    agent = stage.house.firm("Registrar")
    stage.allow(Role.TRANSFER_AGENT, agent, purposes=frozenset({"dividend_payment"}))
    stage.allow(Role.TOKEN_ISSUER, agent)
    stage.allow(Role.TRANSFER_AGENT, agent, token="eip155:31337:0x" + "11" * 20)
    stage.allow(Role.TRANSFER_AGENT, stage.party["office"])
    stage.allow(Role.TRANSFER_AGENT, agent, valid_from=NOW - timedelta(days=2), valid_until=NOW)
    stage.allow(Role.TRANSFER_AGENT, agent, valid_from=NOW + timedelta(seconds=1))
    for role, party in ((Role.TRANSFER_AGENT, agent), (Role.REGULATOR, agent), (Role.FAMILY_OFFICE, stage.party["office"])):
        page = stage.read(role, party)
        assert (page.view, page.names, page.selection.named) == (View.BARE, {}, frozenset())
        assert shown(page) == HOLDINGS.keys()
        assert reconciles(page)
    assert stage.read(Role.TRANSFER_AGENT, None).names == {}
    assert stage.recorded() == set()
    with pytest.raises(PurposeUnknown):
        stage.read(Role.TRANSFER_AGENT, agent, purpose="curiosity")


def test_the_full_view_names_whom_the_grant_admits_and_records_exactly_those(stage: Stage) -> None:
    agent = stage.house.firm("Registrar")
    stage.allow(Role.TRANSFER_AGENT, agent, threshold=115)
    page = stage.read(Role.TRANSFER_AGENT, agent)
    assert page.view is View.FULL
    assert shown(page) == HOLDINGS.keys()
    admitted = {"office", "felix", "gina", "hugo", "ida", "elena"}
    by_name = {NAMES[name] for name in admitted}
    assert set(named(page).values()) == by_name | {NAMES["fjord"]}, "holders, and the custodian as a spender"
    assert {STRANGER, ANNA_TOO, *(CLIENTS[name] for name in ("anna", "bruno", "carla", "david"))}.isdisjoint(named(page))
    assert stage.recorded() == admitted | {"fjord"}
    assert reconciles(page)
    assert page.selection.totals.below_threshold == sum(HOLDINGS[number] for number in (10, 11, 12, 13, 14, ANNA_TOO))
    assert page.selection.totals.not_disclosed == HOLDINGS[STRANGER]


def test_an_account_below_the_threshold_stays_unnamed_though_its_holder_is_named_for_another(stage: Stage) -> None:
    agent = stage.house.firm("Registrar")
    stage.allow(Role.TRANSFER_AGENT, agent, threshold=110)
    page = stage.read(Role.TRANSFER_AGENT, agent)
    assert named(page)[CLIENTS["anna"]] == NAMES["anna"]
    assert ANNA_TOO not in named(page)


def test_an_office_sees_itself_its_clients_and_those_who_made_it_their_custodian(stage: Stage) -> None:
    office, fjord = stage.party["office"], stage.party["fjord"]
    stage.allow(Role.FAMILY_OFFICE, office)
    stage.allow(Role.CUSTODIAN, fjord)
    page = stage.read(Role.FAMILY_OFFICE, office)
    assert page.view is View.OFFICE
    assert ELENA not in shown(page)
    assert STRANGER not in shown(page)
    assert OFFICE in shown(page)
    assert set(named(page).values()) <= {NAMES["office"], *(NAMES[name] for name in CLIENTS)}
    assert len(HOLDINGS) - len(shown(page)) == 5, "two are not its clients, so its three smallest join them"
    assert reconciles(page)
    assert stage.recorded() == {name for name, number in CLIENTS.items() if number in named(page)} | {"office"}
    custodian = stage.read(Role.CUSTODIAN, fjord)
    assert shown(custodian) == {ELENA, OFFICE}, "both gave it an allowance"
    assert named(custodian)[ELENA] == NAMES["elena"]


def test_the_network_sees_intermediaries_and_no_client_not_even_as_a_spender(stage: Stage) -> None:
    network = stage.house.firm("DX")
    before = stage.read(Role.NETWORK, network)
    assert (before.view, shown(before), before.names) == (View.NETWORK, {OFFICE}, {})
    stage.allow(Role.NETWORK, network)
    page = stage.read(Role.NETWORK, network)
    assert (page.view, shown(page)) == (View.NETWORK, {OFFICE})
    assert set(named(page).values()) == {NAMES["office"], NAMES["fjord"]}
    (row,) = page.rows
    assert [one.spender for one in row.transfer_authorities] == [account(FJORD)]
    assert stage.recorded() == {"office", "fjord"}
    assert reconciles(page)
    assert page.selection.totals.not_disclosed == sum(HOLDINGS.values()) - HOLDINGS[OFFICE]


def test_a_lapsed_intermediary_still_is_one_and_its_standing_says_so(stage: Stage) -> None:
    network, agent = stage.house.firm("DX"), stage.house.firm("Registrar")
    stage.allow(Role.NETWORK, network)
    stage.allow(Role.TRANSFER_AGENT, agent)
    stage.revoke_licence(OFFICE)
    assert shown(stage.read(Role.NETWORK, network)) == {OFFICE}
    rows = {row.account: row for row in stage.read(Role.TRANSFER_AGENT, agent).rows}
    (authority,) = rows[account(CLIENTS["anna"])].transfer_authorities
    assert (authority.standing, authority.allowance, authority.effective) == (Standing.LAPSED, 200, 110)
    (unknown,) = rows[account(CLIENTS["bruno"])].transfer_authorities
    assert unknown.standing is Standing.UNKNOWN


def test_a_name_that_no_claim_issuer_checked_is_nobody_s_to_read(stage: Stage) -> None:
    agent = stage.house.firm("Registrar")
    stage.allow(Role.TRANSFER_AGENT, agent)
    del stage.claims.held[account(ELENA)]
    (anna,) = stage.claims.held[account(CLIENTS["anna"])]
    stage.claims.held[account(CLIENTS["anna"])] = [dataclasses.replace(anna, issued_at=None)]
    page = stage.read(Role.TRANSFER_AGENT, agent)
    assert {ELENA, CLIENTS["anna"]}.isdisjoint(named(page))
    assert {"elena", "anna"} - stage.recorded() == {"elena"}, "anna's other account was checked"
    assert page.selection.totals.not_disclosed == sum(HOLDINGS[one] for one in (STRANGER, ELENA, CLIENTS["anna"]))
    assert reconciles(page)


def test_a_custodian_whose_claim_issuer_lost_its_accreditation_is_lapsed(stage: Stage) -> None:
    agent = stage.house.firm("Registrar")
    stage.allow(Role.TRANSFER_AGENT, agent)
    stage.claims.roots = []
    rows = {row.account: row for row in stage.read(Role.TRANSFER_AGENT, agent).rows}
    assert rows[account(ELENA)].transfer_authorities[0].standing is Standing.LAPSED


def test_a_register_that_stands_still_gives_no_table_of_now_but_of_its_blocks(stage: Stage) -> None:
    agent = stage.house.firm("Registrar")
    stage.allow(Role.TRANSFER_AGENT, agent)
    stage.house.clock.advance(OLDEST_REGISTER)
    stage.read(Role.TRANSFER_AGENT, agent, limit=1)
    recorded = stage.recorded()
    stage.house.clock.advance(timedelta(microseconds=1))
    with pytest.raises(RegisterBehind):
        stage.read(Role.TRANSFER_AGENT, agent)
    assert stage.recorded() == recorded
    assert stage.read(Role.TRANSFER_AGENT, agent, block=7).as_of.block_number == 7


def test_a_historical_table_judges_standing_as_of_its_block(stage: Stage) -> None:
    agent = stage.house.firm("Registrar")
    stage.allow(Role.TRANSFER_AGENT, agent)
    stage.register.mine(8, {**HOLDINGS, STRANGER: 1}, ALLOWANCES)
    stage.revoke_licence(OFFICE)
    past, present = stage.read(Role.TRANSFER_AGENT, agent, block=7), stage.read(Role.TRANSFER_AGENT, agent)
    assert (past.as_of.block_number, present.as_of.block_number) == (7, 8)
    assert (past.total_supply, present.total_supply) == (sum(HOLDINGS.values()), sum(HOLDINGS.values()) - 49)

    def standing_of_office(page: Page) -> Standing:
        rows = {row.account: row for row in page.rows}
        return rows[account(CLIENTS["anna"])].transfer_authorities[0].standing

    assert standing_of_office(past) is Standing.CUSTODIAN
    assert standing_of_office(present) is Standing.LAPSED


def lines(page: Page) -> list[tuple[Any, ...]]:
    """Each row as it is shown: itself, the name of its holder, and those of its spenders where the row is named."""
    found = []
    for row in page.rows:
        holder = page.names.get(row.account)
        spenders = [page.names.get(one.spender) for one in row.transfer_authorities] if holder else []
        found.append((row, holder, spenders))
    return found


READINGS = (
    (Role.TRANSFER_AGENT, 0),
    (Role.TOKEN_ISSUER, 110),
    (Role.REGULATOR, 115),
    (Role.FAMILY_OFFICE, 0),
    (Role.NETWORK, 0),
    (Role.CUSTODIAN, None),
)


def test_the_pages_put_together_are_the_whole_table_in_every_view(stage: Stage) -> None:
    viewer = stage.party["office"]
    for role, threshold in READINGS:
        if threshold is not None:
            stage.allow(role, viewer, threshold=threshold)
    stage.revoke_licence(FJORD)
    for role, _ in READINGS:
        stage.register.blocks.pop(8, None)
        whole = stage.read(role, viewer)
        assert whole.next is None
        for limit in (1, 5, len(whole.rows)):
            stage.register.blocks.pop(8, None)
            page = stage.read(role, viewer, limit=limit)
            together = lines(page)
            stage.register.mine(8, {OFFICE: 1}, {})
            while page.next is not None:
                assert len(page.rows) == limit
                page = stage.read(role, viewer, limit=limit, cursor=Cursor.decode(page.next))
                assert (page.selection.totals, page.as_of) == (whole.selection.totals, whole.as_of)
                together += lines(page)
            assert together == lines(whole), (role, limit)


def test_a_page_records_whom_it_shows_and_no_more(stage: Stage) -> None:
    agent = stage.house.firm("Registrar")
    stage.allow(Role.TRANSFER_AGENT, agent)
    first = stage.read(Role.TRANSFER_AGENT, agent, limit=1)
    assert shown(first) == {OFFICE}
    assert stage.recorded() == {"office", "fjord", "bruno"}, "the holder and its two spenders"


def test_a_cursor_does_not_outlive_its_block(stage: Stage) -> None:
    agent = stage.house.firm("Registrar")
    stage.allow(Role.TRANSFER_AGENT, agent)
    first = stage.read(Role.TRANSFER_AGENT, agent, limit=2)
    cursor = Cursor.decode(first.next or "")
    stage.register.mine(7, HOLDINGS, ALLOWANCES, fork=1)
    before = stage.recorded()
    with pytest.raises(CursorOutdated):
        stage.read(Role.TRANSFER_AGENT, agent, cursor=cursor)
    del stage.register.blocks[7]
    stage.register.mine(6, HOLDINGS, ALLOWANCES, fork=1)
    with pytest.raises(RegisterBehind):
        stage.read(Role.TRANSFER_AGENT, agent, cursor=cursor)
    assert stage.recorded() == before


def test_a_cursor_beyond_the_end_shows_nothing(stage: Stage) -> None:
    agent = stage.house.firm("Registrar")
    stage.allow(Role.TRANSFER_AGENT, agent)
    first = Cursor.decode(stage.read(Role.TRANSFER_AGENT, agent, limit=1).next or "")
    recorded = stage.recorded()
    page = stage.read(Role.TRANSFER_AGENT, agent, cursor=dataclasses.replace(first, offset=2**53 - 1))
    assert (page.rows, page.next, page.names) == ((), None, {})
    assert reconciles(page)
    assert stage.recorded() == recorded


def test_an_empty_register_is_an_empty_table(stage: Stage) -> None:
    agent = stage.house.firm("Registrar")
    stage.allow(Role.TRANSFER_AGENT, agent)
    stage.register.mine(8, {}, {})
    page = stage.read(Role.TRANSFER_AGENT, agent)
    assert (page.rows, page.total_supply, page.selection.totals.total_supply) == ((), 0, 0)
    stage.register.mine(9, {OFFICE: 0, STRANGER: 4}, {})
    assert shown(stage.read(Role.TRANSFER_AGENT, agent)) == {STRANGER}, "an account that holds nothing is no holder"
