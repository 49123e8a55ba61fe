"""What a contract reads: EIP-712 and ERC-735 beside eth-account, byte for byte the same."""

from collections.abc import Iterator
from typing import Any

from eth_account import Account as EthAccount
from eth_account.messages import encode_defunct, encode_typed_data

from bench.agreement import must_equal
from bench.measure import InProcess, Job, Peer
from bench.node_peer import NodePeer
from bench.subjects import CHAIN_ID, Investor, address, investors, issuer_account, issuer_account_secret
from claim_issuers import Address, Eligibility, Erc735Data
from claim_issuers.formats import eligibility, erc735

REGISTRY = address("registry")
TOKEN = address("token")
ETH_ACCOUNT = "eth-account"
EIP712_SIGN_GOAL = 8.0

_TYPES = {
    "Eligibility": [
        {"name": "account", "type": "address"},
        {"name": "token", "type": "address"},
        {"name": "categories", "type": "uint128"},
        {"name": "issuedAt", "type": "uint64"},
        {"name": "validUntil", "type": "uint64"},
        {"name": "epoch", "type": "uint64"},
    ]
}
_DOMAIN = {
    "name": eligibility.DOMAIN_NAME,
    "version": eligibility.DOMAIN_VERSION,
    "chainId": CHAIN_ID,
    "verifyingContract": str(REGISTRY),
}


def attestation(investor: Investor) -> Eligibility:
    """The eligibility attestation for one investor's account."""
    valid_from, valid_until = investor.claim.validity.as_unix()
    return Eligibility(
        account=investor.claim.account.address,
        token=TOKEN,
        categories=investor.claim.claim_type.category_mask,
        issued_at=valid_from,
        valid_until=valid_until,
        epoch=1,
    )


def attestation_message(answer: Eligibility) -> dict[str, Any]:
    """The same attestation as eth-account takes it."""
    return {
        "account": str(answer.account),
        "token": str(answer.token),
        "categories": answer.categories,
        "issuedAt": answer.issued_at,
        "validUntil": answer.valid_until,
        "epoch": answer.epoch,
    }


def on_chain_data(investor: Investor) -> bytes:
    """31 bytes as a claim's data holds them; the binding stands for whatever the claim bound."""
    valid_from, valid_until = investor.claim.validity.as_unix()
    return Erc735Data(
        valid_from=valid_from,
        valid_until=valid_until,
        status_index=investor.status_index,
        binding17=investor.claim.digest()[:17],
    ).pack()


def sign_attestation(answer: Eligibility) -> bytes:
    """Ours."""
    return eligibility.sign(answer, chain_id=CHAIN_ID, verifying_contract=REGISTRY, signer=issuer_account())


def eth_account_signer() -> Any:
    """eth-account's signer of the same key, parsed once as a careful user would keep it."""
    return EthAccount.from_key(issuer_account_secret())


def sign_attestation_with_eth_account(signer: Any, message: dict[str, Any]) -> bytes:
    """Theirs."""
    return bytes(signer.sign_typed_data(_DOMAIN, _TYPES, message).signature)


def eip712_sign(_: NodePeer) -> Iterator[Job]:
    """Sign an eligibility attestation."""
    answers = [attestation(investor) for investor in investors()]
    messages, signer = [attestation_message(answer) for answer in answers], eth_account_signer()

    def theirs(message: dict[str, Any]) -> bytes:
        return sign_attestation_with_eth_account(signer, message)

    for answer, message in zip(answers, messages, strict=True):
        must_equal("EIP-712 signature", sign_attestation(answer), theirs(message))
    yield Job(
        name="eip712-sign",
        title="sign one eligibility attestation (EIP-712)",
        ours=InProcess("ours", sign_attestation, answers),
        peers=(Peer(InProcess(ETH_ACCOUNT, theirs, messages), goal=EIP712_SIGN_GOAL),),
        notes=("the 64 signatures of both are equal, byte for byte",),
    )


def eip712_recover(_: NodePeer) -> Iterator[Job]:
    """Find out who signed an eligibility attestation."""
    answers = [attestation(investor) for investor in investors()]
    signed = [(answer, sign_attestation(answer)) for answer in answers]
    messages = [(attestation_message(answer), signature) for answer, signature in signed]

    def ours(pair: tuple[Eligibility, bytes]) -> str:
        return str(eligibility.recover(pair[0], pair[1], chain_id=CHAIN_ID, verifying_contract=REGISTRY))

    def theirs(pair: tuple[dict[str, Any], bytes]) -> str:
        return str(EthAccount.recover_message(encode_typed_data(_DOMAIN, _TYPES, pair[0]), signature=pair[1]))

    for mine, their in zip(signed, messages, strict=True):
        must_equal("EIP-712 signer", ours(mine), theirs(their))
    yield Job(
        name="eip712-recover",
        title="recover who signed an eligibility attestation (EIP-712)",
        ours=InProcess("ours", ours, signed),
        peers=(Peer(InProcess(ETH_ACCOUNT, theirs, messages)),),
        notes=("ours refuses a high s and any v but 27 and 28; eth-account takes them",),
    )


def erc735_sign(_: NodePeer) -> Iterator[Job]:
    """Sign an ERC-735 claim as the deployed contracts check it."""
    signer, topic = eth_account_signer(), investors()[0].claim.claim_type.topic
    parts = [(investor.identity_contract, topic, on_chain_data(investor)) for investor in investors()]

    def ours(part: tuple[Address, int, bytes]) -> bytes:
        return erc735.sign(part[0], part[1], part[2], issuer_account())

    def theirs(part: tuple[Address, int, bytes]) -> bytes:
        return bytes(signer.sign_message(encode_defunct(erc735.inner_hash(*part))).signature)

    for part in parts:
        must_equal("ERC-735 signature", ours(part), theirs(part))
    yield Job(
        name="erc735-sign",
        title="sign one ERC-735 claim",
        ours=InProcess("ours", ours, parts),
        peers=(Peer(InProcess(ETH_ACCOUNT, theirs, parts)),),
        notes=("eth-account packs no ABI: its calls include our inner hash (2 us)",),
    )
