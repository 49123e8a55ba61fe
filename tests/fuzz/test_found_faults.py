"""Faults that the fuzzer found in the library, each as small as it can be made."""

from datetime import UTC, datetime, timedelta

import pytest

from claim_issuers import Account, ChainId, SignedOrder, Validity, verify_vc_jwt
from claim_issuers.formats import vc_jwt
from claim_issuers.formats.credential import MalformedCredential
from claim_issuers.orders.errors import MalformedOrder
from tests.claim_issuers.builders import ISSUER_SIGNER, NOW, WALLET, a_claim
from tests.claim_issuers.ordering import signed


@pytest.mark.parametrize("name", ["iat", "exp"])
def test_a_time_written_as_a_fraction_is_no_credential_of_ours(name):
    credential = vc_jwt.credential_of(a_claim())
    with pytest.raises(MalformedCredential):
        vc_jwt.claim_of({**credential, name: float(credential[name])})


@pytest.mark.parametrize(
    "validity",
    [
        Validity(NOW, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        Validity(datetime(1, 1, 1, tzinfo=UTC), NOW + timedelta(days=1)),
    ],
    ids=["last", "first"],
)
def test_a_validity_at_the_end_of_the_calendar_is_reported_on_with_any_leeway(validity):
    token = vc_jwt.encode(a_claim(validity=validity), ISSUER_SIGNER)
    report = verify_vc_jwt(
        token, keys=lambda issuer, kid: ISSUER_SIGNER.public_key, instant=NOW, leeway=timedelta(minutes=5), status=lambda uri, n: 0
    )
    assert report.check("validity").outcome == "passed"


def order_on(chain: int) -> SignedOrder:
    account = Account(ChainId(chain), WALLET.address)
    return signed(token=account, intermediary=account, signatory=account)


def test_an_order_on_a_chain_whose_number_json_readers_round_is_refused():
    assert SignedOrder.parse(order_on(2**53 - 1).to_bytes()) == order_on(2**53 - 1)
    with pytest.raises(MalformedOrder):
        order_on(2**53)
    text = order_on(2**53 - 1).to_bytes().replace(str(2**53 - 1).encode(), str(2**53).encode())
    with pytest.raises(MalformedOrder):
        SignedOrder.parse(text)
