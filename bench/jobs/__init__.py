"""The jobs by name; each is a function that checks that everybody does the same work, and then gives what to measure."""

from collections.abc import Callable, Iterator, Mapping

from bench.jobs import four_forms, onchain, sd_jwt_vc, status_lists, vc_jwt
from bench.measure import Job
from bench.node_peer import NodePeer

JOBS: Mapping[str, Callable[[NodePeer], Iterator[Job]]] = {
    "four-forms": four_forms.four_forms,
    "sd-jwt-vc-issue": sd_jwt_vc.issue,
    "sd-jwt-vc-verify": sd_jwt_vc.verify,
    "vc-jwt-issue": vc_jwt.issue,
    "vc-jwt-verify": vc_jwt.verify,
    "jose-verify": vc_jwt.read_strictly,
    "eip712-sign": onchain.eip712_sign,
    "eip712-recover": onchain.eip712_recover,
    "erc735-sign": onchain.erc735_sign,
    "revoke-token-status-list": status_lists.token_status_list,
    "revoke-bitstring-status-list": status_lists.bitstring_status_list,
}
