"""The page of a credential offer in a real browser: every state in both languages, while a wallet app speaks the real protocol."""

import re
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from identity_service.demo.world import World
from identity_service.openid4vci.tables import OfferRow
from tests.openid4vci.phone import Phone
from tests.support.browser import Live, key_of
from tests.support.browsing import browse, words
from tests.support.desk import RETAIL, accredit
from tests.support.stand import stage_on

FIRST_HOLDER = 50
PATIENCE = 20
LOOKS = ("en-phone-light", "de-desktop-dark", "de-phone-light", "en-desktop-dark", "en-phone-dark", "de-desktop-light")
STATES = {
    "waiting": ("Waiting for your wallet app", "Wartet darauf, dass Ihre Wallet-App"),
    "scanned": ("Your wallet app has the offer", "Ihre Wallet-App hat das Angebot"),
    "wrong_code": ("The code from the mail was wrong", "Der Code aus der Mail war falsch"),
    "proved": ("has taken up the offer", "hat das Angebot angenommen"),
    "deferred": ("has not decided yet", "hat noch nicht entschieden"),
    "issued": ("Your wallet app has fetched the claim", "Ihre Wallet-App hat den Nachweis abgeholt"),
    "accepted": ("You are done here", "Hier ist alles erledigt"),
    "refused": ("did not keep the claim", "hat den Nachweis nicht gespeichert"),
    "rejected": ("has rejected your application", "hat Ihren Antrag abgelehnt"),
    "expired": ("This QR code has expired", "Dieser QR-Code ist abgelaufen"),
    "withdrawn": ("This QR code was taken back", "Dieser QR-Code wurde zurückgenommen"),
    "locked": ("This QR code is locked", "Dieser QR-Code ist gesperrt"),
}


@dataclass
class Holder:
    """Somebody with an application, an offer for it on the page, and a wallet app on a phone."""

    live: Live
    world: World
    index: int
    issuer: str
    application: str
    offer: dict[str, Any]
    token: str = ""
    notification: str = ""

    @property
    def path(self) -> str:
        return f"/wallet/{self.offer['id']}"

    @property
    def phone(self) -> Phone:
        return Phone(self.live.stand, f"/claim-issuers/{self.issuer}")

    def decide(self, outcome: str, **more: str) -> None:
        path = f"/v1/applications/{self.application}/decision"
        self.world.machines["claim_issuer"].post(path, {"outcome": outcome, **more})

    def mailed_code(self) -> str:
        """The code in the newest mail to this holder."""
        outbox, deadline = self.live.stand.settings.data_directory / "outbox", time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            mails = [message_from_bytes(path.read_bytes()) for path in sorted(outbox.glob("*.eml"))]
            mine = [mail for mail in mails if str(mail["To"]).strip("<>") == address(self.index)]
            if mine:
                (code,) = re.findall(r"\b\d{6}\b", mine[-1].get_payload())
                return str(code)
            time.sleep(0.05)
        raise AssertionError("no mail came")

    def scan(self) -> dict[str, Any]:
        return self.phone.fetched(self.offer)

    def redeem(self, code: str | None = None) -> None:
        answer = self.phone.token(self.scan(), code or self.mailed_code())
        self.token = str((answer.json or {}).get("access_token", ""))

    def fetch(self) -> None:
        answer = self.phone.credential(self.token)
        self.notification = str((answer.json or {}).get("notification_id", ""))

    def tell(self, event: str) -> None:
        answer = self.phone.call("notification", self.token, {"notification_id": self.notification, "event": event})
        assert answer.status_code == 204, answer.text

    def issued(self) -> None:
        self.decide("approve")
        self.redeem()
        self.fetch()


def address(index: int) -> str:
    return f"holder-{index}@example.org"


@dataclass
class Hall:
    """A claim issuer on the demo's stage, to whose desk holders come one after the other."""

    live: Live
    world: World
    issuer: str
    come: int = 0
    holders: dict[str, Holder] = field(default_factory=dict)

    def holder(self) -> Holder:
        index = FIRST_HOLDER + self.come
        self.come += 1
        person = self.live.stand.person(self.live.stand.onchain.devchain.wallet(index))
        party = {"kind": "natural_person", "legal_name": "Maya Rosenthal", "country": "CH", "email": address(index)}
        content = {"claim_issuer": self.issuer, "claim_type": "INVESTOR", "attributes": RETAIL, "party": party}
        application = str(person.post("/v1/applications", content)["id"])
        offer = dict(person.post(f"/v1/me/applications/{application}/offers", {}))
        return Holder(self.live, self.world, index, self.issuer, application, offer)


@pytest.fixture(scope="module")
def hall(live: Live) -> Hall:
    world = stage_on(live.stand)
    accredit(world.machines["root"], world.claim_issuers["root"]["id"], world.people["claim_issuer"])
    return Hall(live, world, world.claim_issuers["claim_issuer"]["id"])


def brought_to(hall: Hall, state: str) -> Holder:
    """A holder whose offer is in this state, by what wallet apps and officers do."""
    holder = hall.holder()
    match state:
        case "scanned":
            holder.scan()
        case "wrong_code":
            holder.redeem(other_than(holder.mailed_code()))
        case "proved":
            holder.redeem()
        case "deferred":
            holder.redeem()
            holder.fetch()
        case "issued":
            holder.issued()
        case "accepted":
            holder.issued()
            holder.tell("credential_accepted")
        case "refused":
            holder.issued()
            holder.tell("credential_failure")
        case "rejected":
            holder.decide("reject", reason="not_eligible")
        case "expired":
            age(hall.live, holder)
        case "withdrawn":
            hall.live.stand.person(hall.live.stand.onchain.devchain.wallet(holder.index)).post(
                f"/v1/me/offers/{holder.offer['id']}/withdraw", {}
            )
        case "locked":
            code = other_than(holder.mailed_code())
            for _ in range(5):
                holder.redeem(code)
    return holder


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def age(live: Live, holder: Holder) -> None:
    """Let the offer's ten minutes be over: the service keeps the machine's time here."""
    with live.stand.service.db.write() as session:
        past = live.stand.clock.now() - timedelta(seconds=1)
        session.execute(update(OfferRow).where(OfferRow.id == holder.offer["id"]).values(expires_at=past))


def test_every_state_is_shown_in_both_languages_and_bars_nobody(live: Live, hall: Hall, tmp_path: Path) -> None:
    holders = {state: brought_to(hall, state) for state in STATES}
    hall.holders.update(holders)
    states = [
        {
            "name": state,
            "path": one.path,
            "key": key_of(one.index),
            "says": dict(zip(("en", "de"), STATES[state], strict=True)),
            "looks": [look],
        }
        for (state, one), look in zip(holders.items(), cycle(LOOKS))
    ]
    states += around(live, holders["accepted"])
    seen = live.run("offer.mjs", out=str(tmp_path), states=states)["seen"]
    for state, one in seen.items():
        assert one["axe"] == [], state
        assert set(one["overflow"]) == {0}, state
    codes = {one.mailed_code() for state, one in holders.items() if state not in ("rejected", "expired", "withdrawn")}
    shown = " ".join(text for one in seen.values() for text in one["texts"])
    assert not [code for code in codes if code in shown]
    assert {language for one in seen.values() for language in one["languages"]} == {"en", "de"}


def around(live: Live, holder: Holder) -> list[dict[str, Any]]:
    """The pages from which a holder comes, as further stops: my claims, and the claim's way onto the chain."""
    person = live.stand.person(live.stand.onchain.devchain.wallet(holder.index))
    (claim,) = person.get("/v1/me/claims")["items"]
    way = {"en": "Identity contract", "de": "Identitätsvertrag"}
    key = {"key": key_of(holder.index), "says": way}
    return [
        {"name": "on_chain", "path": f"/my-claims/{claim['id']}/on-chain", "looks": ["de-phone-dark"], **key},
        {"name": "my_claims", "path": "/my-claims", "looks": ["de-phone-light"], **key, "says": {"de": "Meine Nachweise"}},
    ]


def test_every_state_is_told_in_both_languages(live: Live, hall: Hall) -> None:
    for state, sentences in STATES.items():
        holder = hall.holders.get(state) or brought_to(hall, state)
        browser = browse(live.stand, live.stand.onchain.devchain.wallet(holder.index))
        for language, sentence in zip(("en", "de"), sentences, strict=True):
            page = browser.get(holder.path, headers={"Accept-Language": language}).text
            assert f'<html lang="{language}"' in page
            assert sentence in words(page), state


def test_the_page_follows_a_wallet_app_without_being_touched(live: Live, hall: Hall, tmp_path: Path) -> None:
    holder = hall.holder()
    acts = {"waiting": holder.scan, "scanned": redeem_and_fetch(holder), "deferred": decide_and_fetch(holder)}
    milestones = [{"name": name, "says": STATES[name][0]} for name in ("waiting", "scanned", "deferred", "issued")]

    def play() -> None:
        for name, act in acts.items():
            wait_for(tmp_path / name)
            act()

    wallet_app = threading.Thread(target=play, daemon=True)
    wallet_app.start()
    watched = {"path": holder.path, "key": key_of(holder.index), "milestones": milestones}
    told = live.run("offer.mjs", out=str(tmp_path), watched=watched)
    wallet_app.join(PATIENCE)
    assert told["milestones"] == ["waiting", "scanned", "deferred", "issued"]


def redeem_and_fetch(holder: Holder) -> Any:
    def act() -> None:
        holder.redeem()
        answer = holder.phone.credential(holder.token)
        assert answer.status_code == 202, answer.text
        holder.notification = str(answer.json["transaction_id"])

    return act


def decide_and_fetch(holder: Holder) -> Any:
    def act() -> None:
        holder.decide("approve")
        answer = holder.phone.call("deferred-credential", holder.token, {"transaction_id": holder.notification})
        assert answer.status_code == 200, answer.text

    return act


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
