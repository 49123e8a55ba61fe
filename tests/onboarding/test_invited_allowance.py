"""The allowance that an office asks for with an invitation, on the real contracts: given before tokens are there, and cancelled."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.identifiers.accounts import Account
from identity_service.demo import actions
from identity_service.demo.api import Session
from identity_service.demo.wallets import Wallet
from identity_service.onboarding.allowance_model import (
    LARGEST,
    AllowanceInvalid,
    AllowanceNotAsked,
    AllowanceState,
    AskedAllowance,
    SpenderFault,
    WantedAllowance,
    amount_in_words,
    follow,
    spender_among,
    words_of_amount,
)
from identity_service.register.model import AllowanceHistory, AllowanceVersion
from tests.conftest import ONE_ENGINE
from tests.support.browsing import browse, words
from tests.support.desk import RETAIL, SOMEBODY, Desk, Licensed
from tests.web.reading_html import elements

ENGINES = ONE_ENGINE
OFFICE = 30
FIRM = "Linden Family Office AG"
APPROVE = "0x095ea7b3"  # keccak256("approve(address,uint256)"), as ERC-20 has it


@dataclass(frozen=True)
class Mandate:
    """An office that asks its client, Alice, to let it move tokens."""

    desk: Desk
    firm: Licensed
    office: Session

    @property
    def alice(self) -> Wallet:
        return self.desk.onchain.actors.alice

    def invite(self, amount: str = "100", **more: Any) -> dict[str, Any]:
        asked = {"token": str(self.desk.token), "amount": amount, **more}
        terms = {"claim_issuer": self.desk.issuer["id"], "claim_type": "INVESTOR", "reference": "c-1", "allowance": asked}
        return dict(self.office.post("/v1/invitations", terms))

    def refused(self, **asked: Any) -> tuple[str, str]:
        """Code and field of a refusal."""
        terms = {"claim_issuer": self.desk.issuer["id"], "claim_type": "INVESTOR", "allowance": asked}
        headers = {"Idempotency-Key": self.desk.stand.transport.idempotency_key()}
        answer = self.desk.stand.request("POST", "/v1/invitations", self.office, json=terms, headers=headers).get_json()
        pointers = [one["pointer"] for one in answer.get("errors", [])]
        return answer["code"], (pointers or [""])[0]

    def asked(self, invitation: dict[str, Any], wallet: Wallet | None = None) -> dict[str, Any]:
        """What the invited person is told, once the register has followed the chain."""
        self.desk.stand.work(1)
        return dict(self.desk.stand.person(wallet or self.alice).get(f"{under(invitation)}/allowance"))

    def told(self, invitation: dict[str, Any]) -> dict[str, Any]:
        """What the office is told."""
        return dict(self.office.get(f"/v1/invitations/{invitation['id']}")["allowance"])

    def apply(self, invitation: dict[str, Any], wallet: Wallet | None = None) -> str:
        content = {"attributes": RETAIL, "party": SOMEBODY}
        return str(self.desk.stand.person(wallet or self.alice).post(f"{under(invitation)}/application", content)["id"])

    def approve(self, quantity: int) -> None:
        actions.approve(self.alice, self.desk.token.address, self.firm.wallet.address, quantity)

    def send(self, call: dict[str, Any]) -> None:
        """Alice's wallet sends what she was given."""
        assert call["sender"] == str(self.alice.account)
        self.alice.send(Account.parse(call["to"]).address, bytes.fromhex(call["data"][2:]))


@pytest.fixture
def mandate(desk: Desk) -> Mandate:
    firm = desk.licensed(OFFICE, FIRM)
    return Mandate(desk, firm, desk.stand.machine("family_office", firm.party))


def under(invitation: dict[str, Any]) -> str:
    return f"/v1/invitation-codes/{urlsplit(invitation['url']).path.removeprefix('/i/')}"


def refusal(desk: Desk, wallet: Wallet, invitation: dict[str, Any]) -> tuple[int, str]:
    answer = desk.stand.request("GET", f"{under(invitation)}/allowance", desk.stand.person(wallet))
    return answer.status_code, answer.get_json()["code"]


def named_cap_table(desk: Desk) -> list[dict[str, Any]]:
    """The cap table as a regulator reads it, with names."""
    party = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Market Supervision"})["id"]
    terms = {
        "token": str(desk.token),
        "viewer": party,
        "role": "regulator",
        "purposes": ["supervision"],
        "legal_basis": "Statute",
        "case_number": "A-1",
        "valid_until": (desk.stand.clock.now() + timedelta(days=30)).isoformat(),
    }
    desk.administrator.post("/v1/grants", terms)
    found = desk.stand.machine("regulator", party).get(f"/v1/tokens/{desk.token}/cap-table", purpose="supervision")
    return list(found["items"])


def stands(told: dict[str, Any]) -> tuple[str, str]:
    return told["state"], told["left"]


def test_an_allowance_given_before_any_token_makes_the_office_custodian_once_tokens_arrive(mandate: Mandate) -> None:
    desk, alice, firm = mandate.desk, mandate.alice, mandate.firm
    invitation = mandate.invite("60")
    asked = mandate.asked(invitation)
    assert (asked["token"], asked["account"], asked["amount"]) == (str(desk.token), str(firm.wallet.account), "60")
    assert (stands(asked), asked["block"], asked["cancel"]) == (("wanted", "0"), None, None)
    data = APPROVE + bytes(12).hex() + firm.wallet.address.value.hex() + (60).to_bytes(32).hex()
    assert asked["give"] == {"to": str(desk.token), "data": data, "value": "0", "sender": str(alice.account)}
    assert mandate.told(invitation)["state"] == "wanted"

    application = mandate.apply(invitation)
    assert desk.onchain.token.balance(alice.address, desk.onchain.client.head()) == 0
    mandate.send(asked["give"])
    given = mandate.asked(invitation)
    block = desk.onchain.client.head().number
    assert (stands(given), given["block"], given["give"]) == (("given", "60"), block, None)
    assert mandate.told(invitation) == {name: given[name] for name in ("token", "account", "amount", "state", "left", "block")}

    desk.applicants.add(alice.account)
    claim = desk.approve(application)
    desk.identity(alice)
    desk.add(alice, desk.form(claim))
    desk.register(alice)
    actions.mint(desk.onchain.actors.agent, desk.token.address, alice.address, 100)
    desk.stand.work(1)
    (row,) = named_cap_table(desk)
    assert row["registered_holder"]["legal_name"] == SOMEBODY["legal_name"]
    (authority,) = row["transfer_authorities"]
    assert (authority["standing"], authority["allowance"], authority["effective"]) == ("custodian", "60", "60")


def test_each_state_of_the_allowance_is_told_to_the_client_and_by_its_reference_to_the_office(mandate: Mandate) -> None:
    invitation = mandate.invite("60")
    mandate.apply(invitation)
    seen = []
    for quantity in (10, 60, 0, 80):
        mandate.approve(quantity)
        seen.append(stands(mandate.asked(invitation)))
        assert stands(mandate.told(invitation)) == seen[-1]
    assert seen == [("less_than_asked", "10"), ("given", "60"), ("cancelled", "0"), ("given", "80")]
    asked = mandate.asked(invitation)
    assert asked["cancel"]["data"].endswith(bytes(32).hex())
    mandate.send(asked["cancel"])
    assert stands(mandate.asked(invitation)) == ("cancelled", "0")
    (listed,) = mandate.office.get("/v1/invitations")["items"]
    assert listed["allowance"]["state"] == "cancelled"
    assert str(mandate.alice.address).lower() not in str(listed).lower()


def test_what_was_over_before_the_invitation_does_not_count_and_no_limit_is_no_number(mandate: Mandate) -> None:
    mandate.approve(5)
    mandate.approve(0)
    mandate.desk.stand.work(1)
    invitation = mandate.invite("unlimited")
    assert stands(mandate.asked(invitation)) == ("wanted", "0")
    mandate.approve(1_000_000)
    assert stands(mandate.asked(invitation)) == ("less_than_asked", "1000000")
    mandate.send(mandate.asked(invitation)["give"])
    assert stands(mandate.asked(invitation)) == ("given", "unlimited")


def test_declining_blocks_nothing(mandate: Mandate) -> None:
    invitation = mandate.invite()
    mandate.desk.approve(mandate.apply(invitation))
    shown = mandate.office.get(f"/v1/invitations/{invitation['id']}")
    assert (shown["state"], shown["allowance"]["state"]) == ("issued", "wanted")


def test_only_whoever_is_invited_learns_of_it(mandate: Mandate) -> None:
    desk, actors, invitation = mandate.desk, mandate.desk.onchain.actors, mandate.invite()
    assert "allowance" not in desk.stand.http.get(under(invitation)).get_json()
    mandate.apply(invitation)
    assert refusal(desk, actors.bob, invitation) == (404, AllowanceNotAsked.code)
    plain = dict(mandate.office.post("/v1/invitations", {"claim_issuer": desk.issuer["id"], "claim_type": "INVESTOR"}))
    assert refusal(desk, actors.bob, plain) == (404, AllowanceNotAsked.code)
    taken_back = mandate.invite()
    mandate.office.post(f"/v1/invitations/{taken_back['id']}/withdraw")
    assert refusal(desk, actors.bob, taken_back) == (404, AllowanceNotAsked.code)


def test_the_office_s_account_with_the_licence_gets_it_and_of_several_the_one_it_names(mandate: Mandate) -> None:
    desk, token = mandate.desk, str(mandate.desk.token)
    nobody = str(desk.onchain.actors.bob.account)
    assert mandate.refused(token=token, amount="5", account=nobody) == (AllowanceInvalid.code, "/account")
    assert mandate.refused(token=nobody, amount="5")[0] == "token_unknown"
    assert mandate.refused(token=token, amount="0.5") == ("invalid_field", "/allowance/amount")
    desk.revoke(mandate.firm.claim)
    assert mandate.refused(token=token, amount="5")[0] == "inviter_not_licensed"
    terms = {"claim_type": "INVESTOR", "allowance": {"token": token, "amount": "5"}}
    headers = {"Idempotency-Key": "k"}
    answer = desk.stand.request("POST", "/v1/invitations", desk.session, json=terms, headers=headers).get_json()
    assert answer["code"] == AllowanceInvalid.code, "a claim issuer asks for none"


def test_a_lapsed_office_is_offered_nothing_and_can_still_be_cancelled(mandate: Mandate) -> None:
    invitation = mandate.invite("60")
    mandate.apply(invitation)
    mandate.approve(10)
    mandate.desk.revoke(mandate.firm.claim)
    asked = mandate.asked(invitation)
    assert (stands(asked), asked["give"]) == (("less_than_asked", "10"), None)
    assert asked["cancel"] is not None


# The page


def shown(browser: FlaskClient, where: str) -> str:
    answer = browser.get(where)
    assert answer.status_code == 200, answer.text
    assert "style" not in elements(answer.text).attributes
    return answer.text


def test_the_page_says_what_it_means_and_gives_the_call_data_once_the_account_is_proved(mandate: Mandate) -> None:
    invitation = mandate.invite("60")
    path, browser = urlsplit(invitation["url"]).path, browse(mandate.desk.stand, mandate.alice)
    assert "keep votes and dividends" not in words(shown(browser, path)), "first the wallet"
    browser.get(f"{path}/go-on")
    page = shown(browser, path)
    told = words(page)
    assert f"{FIRM} asks you to let it move up to 60 GLA32 out of your wallet" in told
    assert "You stay the owner and keep votes and dividends; you can cancel at any time" in told
    assert "your claim does not depend on it" in told
    assert f'data-call-data="{mandate.asked(invitation)["give"]["data"]}"' in page
    assert "/assets/wallet.js" in page

    application = mandate.apply(invitation)
    mandate.approve(60)
    mandate.desk.stand.work(1)
    live = browser.get(f"{path}/allowance?shown=wanted-0").text
    assert 'data-reload="true"' in live
    mandate.desk.approve(application)
    page = shown(browser, path)
    assert f"{FIRM} may move up to 60 GLA32." in words(page)
    assert "Cancel this right" in words(page)
    assert browse(mandate.desk.stand, mandate.desk.onchain.actors.bob).get(f"{path}/allowance").status_code == 404


# The rules


def version(quantity: int, begun: int, ended: int | None) -> AllowanceVersion:
    return AllowanceVersion(quantity=quantity, from_block=begun, to_block=ended)


@pytest.mark.parametrize(
    ("versions", "moves", "state", "left"),
    [
        ([], [], "wanted", 0),
        ([version(60, 3, 5)], [], "wanted", 0),
        ([version(60, 3, 12)], [], "cancelled", 0),
        ([version(60, 3, 12)], [(12, 60)], "used_up", 0),
        ([version(60, 11, None)], [], "given", 60),
        ([version(60, 3, None)], [], "given", 60),
        ([version(60, 11, 12), version(20, 12, None)], [(12, 40)], "given", 20),
        ([version(60, 11, 12), version(20, 12, None)], [], "less_than_asked", 20),
        ([version(60, 11, 12), version(20, 14, None)], [(11, 40)], "less_than_asked", 20),
    ],
    ids=["nothing", "old story", "cancelled", "used up", "given", "given before", "used in part", "reduced", "given anew"],
)
def test_the_state_follows_from_what_the_register_saw(
    versions: list[AllowanceVersion], moves: list[tuple[int, int]], state: str, left: int
) -> None:
    account = Account.parse("eip155:1:0x" + "11" * 20)
    asked = AskedAllowance(token=account, spender=account, amount=60, since_block=10)
    found = follow(asked, AllowanceHistory(versions=tuple(versions), moves=tuple(moves)))
    assert (found.state, found.left) == (AllowanceState(state), left)


def test_of_several_licensed_accounts_on_the_token_s_chain_the_office_names_one() -> None:
    token, one, two, elsewhere = (
        Account.parse(f"eip155:{chain}:0x" + digit * 40) for chain, digit in zip("1112", "1234", strict=True)
    )
    plain, named = (WantedAllowance(token=token, amount=1, spender=spender) for spender in (None, two))
    assert spender_among([elsewhere], plain) is SpenderFault.MISSING
    assert spender_among([one, elsewhere], plain) == one
    assert spender_among([one, two], plain) is SpenderFault.AMBIGUOUS
    assert spender_among([one, two], named) == two
    assert spender_among([one], named) is SpenderFault.NOT_LICENSED


@given(st.integers(min_value=1, max_value=LARGEST))
def test_an_amount_is_read_as_it_is_written(amount: int) -> None:
    assert amount_in_words(words_of_amount(amount)) in (amount, LARGEST)


@pytest.mark.parametrize("text", ["", "0", "01", "-1", "1.0", "1e3", " 1", "1_0", "\u0661", "Unlimited", str(1 << 256), "9" * 90])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(AllowanceInvalid):
        amount_in_words(text)
