"""A second token beside the desk's own: the development chain's, whose contracts a test may break without harm to the first."""

from claim_issuers.identifiers.accounts import Account
from identity_service.demo.trex import TrexSuite
from tests.support.desk import Desk


def registered(desk: Desk, suite: TrexSuite) -> Account:
    """The suite's token, registered with the service: it opens to investors, like the desk's."""
    token = Account(desk.token.chain, suite.token)
    issuer = desk.administrator.get(f"/v1/tokens/{desk.token}")["token_issuer"]
    wanted = {"token": str(token), "token_issuer": issuer, "accepted_claim_types": ["INVESTOR"]}
    desk.administrator.post("/v1/tokens", wanted | {"trusted_factories": [str(suite.id_factory)]})
    return token
