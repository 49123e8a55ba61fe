"""Look-ups of accreditation as a verifier makes them, for meshes written down in a test."""

from datetime import datetime

from builders import NOW, ROOT

from claim_issuers import Accreditation, PathDecision, Root, decide_path
from claim_issuers.trust.jurisdictions import ClaimJurisdiction
from claim_issuers.verifiers.credentials import AccreditationLookup


def under(*links: Accreditation, root: str = ROOT, instant: datetime = NOW) -> AccreditationLookup:
    """The look-up in a mesh of these links below one root, at ``instant``."""

    def decided(claim_issuer: str, topic: str, jurisdiction: ClaimJurisdiction) -> PathDecision:
        return decide_path(claim_issuer, topic, [Root(root)], links, instant, jurisdiction=jurisdiction)

    return decided
