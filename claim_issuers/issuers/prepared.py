"""Tokens that a profile gives out and that issuing takes back, once.

Boulder's lesson: what was checked and stored before the signature is, byte for byte, what gets signed.

>>> try:
...     PreparedClaim(None)
... except NotPreparedByProfile as fault:
...     fault.code
'not_prepared_by_profile'
"""

from typing import Any, NoReturn

from claim_issuers.claims.claim import Claim
from claim_issuers.errors import Conflict, NotPermitted
from claim_issuers.formats.onchain import OnChainForm
from claim_issuers.identifiers.accounts import Address

_WARRANT = object()


class PreparedClaimAlreadyRedeemed(Conflict):
    """The prepared claim was signed before; prepare another one."""

    code = "prepared_claim_already_redeemed"


class NotPreparedByProfile(NotPermitted):
    """Only a profile makes prepared claims, and none can be copied."""

    code = "not_prepared_by_profile"


class _SingleUse:
    """Redeemable once, in any thread; not built, copied or pickled by hand."""

    def __init__(self, warrant: object) -> None:
        if warrant is not _WARRANT:
            raise NotPreparedByProfile
        self._unspent = [True]

    def _redeem(self) -> None:
        # list.pop is atomic, so of two threads one gets the token
        try:
            self._unspent.pop()
        except IndexError:
            raise PreparedClaimAlreadyRedeemed from None

    def __copy__(self) -> NoReturn:
        raise NotPreparedByProfile

    def __deepcopy__(self, _: Any) -> NoReturn:
        raise NotPreparedByProfile

    def __reduce__(self) -> NoReturn:
        raise NotPreparedByProfile


class PreparedClaim(_SingleUse):
    """A claim a profile allows; store ``digest`` as the intent, then hand it to ``issue``."""

    def __init__(self, claim: Claim, *, warrant: object = None) -> None:
        super().__init__(warrant)
        self._claim = claim
        self._digest = claim.digest()

    @property
    def claim(self) -> Claim:
        """What will be signed."""
        return self._claim

    @property
    def digest(self) -> bytes:
        """The 32-byte digest of the claim, equal to that of what ``issue`` returns."""
        return self._digest


class PreparedOnChainClaim(_SingleUse):
    """The on-chain form a profile allows; store ``data`` and ``digest`` as the intent, then hand it to ``issue_on_chain``."""

    def __init__(
        self,
        claim: Claim,
        form: OnChainForm,
        identity_contract: Address,
        topic: int,
        data: bytes,
        *,
        warrant: object = None,
    ) -> None:
        super().__init__(warrant)
        self._claim = claim
        self._form = form
        self._identity_contract = identity_contract
        self._topic = topic
        self._data = data
        self._digest = form.digest(identity_contract, topic, data)

    @property
    def claim(self) -> Claim:
        """The off-chain claim this is a form of."""
        return self._claim

    @property
    def form(self) -> OnChainForm:
        """The form it will be signed in."""
        return self._form

    @property
    def identity_contract(self) -> Address:
        """The identity contract it binds."""
        return self._identity_contract

    @property
    def topic(self) -> int:
        """The topic it is signed under."""
        return self._topic

    @property
    def data(self) -> bytes:
        """The 31 bytes of the claim's data."""
        return self._data

    @property
    def digest(self) -> bytes:
        """The 32 bytes that will be signed."""
        return self._digest


def _prepared_claim(claim: Claim) -> PreparedClaim:
    return PreparedClaim(claim, warrant=_WARRANT)


def _prepared_on_chain(
    claim: Claim, form: OnChainForm, identity_contract: Address, topic: int, data: bytes
) -> PreparedOnChainClaim:
    return PreparedOnChainClaim(claim, form, identity_contract, topic, data, warrant=_WARRANT)
