"""Browsers without scripts: a Flask client that accepts HTML, sends forms from our own pages, and may be signed in."""

import html
import re

from flask.testing import FlaskClient

from identity_service.demo.api import Session
from identity_service.demo.wallets import Wallet
from tests.support.stand import Stand


def visit(stand: Stand) -> FlaskClient:
    """The browser of somebody who has not signed in."""
    client = stand.http.application.test_client()
    client.environ_base.update(HTTP_ACCEPT="text/html", HTTP_ORIGIN=stand.transport.base_url)
    return client


def browse(stand: Stand, wallet: Wallet) -> FlaskClient:
    """The browser of whoever controls ``wallet``, signed in."""
    client = visit(stand)
    challenge = client.post("/v1/account-proofs/challenges", json={"account": str(wallet.account)}).json
    assert challenge is not None
    signature = "0x" + wallet.sign_message(challenge["message"]).hex()
    answer = client.post("/session", json={"message": challenge["message"], "signature": signature})
    assert answer.status_code == 201, answer.text
    return client


def seated(stand: Stand, administrator: Session, wallet: Wallet, role: str, party: str) -> FlaskClient:
    """The browser of somebody to whom the administrator gives a seat in this role for this party."""
    administrator.post("/v1/seats", {"account": str(wallet.account), "role": role, "party": party})
    return browse(stand, wallet)


def words(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())
