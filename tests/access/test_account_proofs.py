"""Who controls an account: challenges, plain wallets, contract wallets, and a nonce that works once."""

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from eth_account import Account as EthAccount
from eth_account.messages import encode_defunct

from claim_issuers.account_proofs.errors import (
    MalformedSiweMessage,
    SiweDomainMismatch,
    SiweExpired,
    SiweExpiryMissing,
    SiweNotYetValid,
    SiweUriMismatch,
)
from claim_issuers.account_proofs.siwe import SiweMessage
from claim_issuers.account_proofs.timestamp import Timestamp
from claim_issuers.clock import FixedClock, SystemEntropy
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from claim_issuers.keys.secp256k1 import signature_encodings
from identity_service.access.lost_accounts import LostAccounts
from identity_service.access.model import (
    AccessTokenInvalid,
    AccountLost,
    AccountMismatch,
    AccountProofUnknown,
    AccountSignatureInvalid,
    NonceExpired,
    NonceReplayed,
    NonceUnknown,
    Role,
    SessionMissing,
)
from identity_service.access.proofs import CHALLENGE_LIFETIME, AccountProof, AccountProofs
from identity_service.access.seats import Seats
from identity_service.access.service import Access
from identity_service.access.single_use import SingleUse
from identity_service.chain.erc6492 import SUFFIX, MalformedSignatureWrapper, WrappedSignature, wrap
from identity_service.storage import Database
from tests.support.contract_wallet import planned_wallet
from tests.support.stand import Stand

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DOMAIN, URI = "claims.example", "https://claims.example"
CHAIN = ChainId(31337)
SECRET, OTHER_SECRET = bytes([0x11]) * 32, bytes([0x22]) * 32


def account_of(secret: bytes, chain: ChainId = CHAIN) -> Account:
    return Account(chain, Address.parse(EthAccount.from_key(secret).address))


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def signed(message: str, secret: bytes = SECRET) -> bytes:
    """As a wallet signs: eth-account's personal_sign."""
    return bytes(EthAccount.sign_message(encode_defunct(text=message), secret).signature)


@dataclass
class MemoryWallets:
    """What a chain says of wallets: code by account, and for those with code the signatures they accept."""

    codes: dict[Account, bytes] = field(default_factory=dict)
    accepted: set[bytes] = field(default_factory=set)
    wrapped: set[WrappedSignature] = field(default_factory=set)
    asked: int = 0

    def code(self, account: Account) -> tuple[bytes, int, bytes]:
        return self.codes.get(account, b""), 7, bytes([7]) * 32

    def accepts_signature(self, account: Account, digest: bytes, signature: bytes, block_hash: bytes) -> bool:
        self.asked += 1
        assert block_hash == bytes([7]) * 32, "asked at the block at which the code was read"
        return signature in self.accepted

    def accepts_wrapped(self, account: Account, digest: bytes, wrapped: WrappedSignature, block_hash: bytes) -> bool:
        self.asked += 1
        assert block_hash == bytes([7]) * 32, "asked at the block at which the code was read"
        return wrapped in self.wrapped


@dataclass(frozen=True)
class Door:
    """Account proofs on a database, with a clock and a chain to set."""

    db: Database
    clock: FixedClock
    wallets: MemoryWallets
    proofs: AccountProofs

    def challenge(self, account: Account) -> str:
        with self.db.write() as session:
            return self.proofs.challenge(session, account).message

    def prove(self, message: str, signature: bytes) -> AccountProof:
        judged = self.proofs.judge(message, signature)
        with self.db.write() as session:
            return self.proofs.record(session, judged)

    def message(self, account: Account | None = None) -> SiweMessage:
        return SiweMessage.parse(self.challenge(account or account_of(SECRET)))


@pytest.fixture
def door(db: Database) -> Door:
    clock, wallets = FixedClock(NOW), MemoryWallets()
    single_use = SingleUse(clock, SystemEntropy())
    proofs = AccountProofs(
        db=db, clock=clock, entropy=SystemEntropy(), single_use=single_use, wallets=wallets, domain=DOMAIN, uri=URI
    )
    return Door(db, clock, wallets, proofs)


def test_a_wallet_that_signs_its_challenge_proves_its_account_and_its_key(door: Door) -> None:
    account = account_of(SECRET)
    message = door.challenge(account)
    proof = door.prove(message, signed(message))
    assert (proof.account, proof.method) == (account, "eip191")
    point = EthAccount.from_key(SECRET)._key_obj.public_key.to_bytes()
    coordinates = {"x": base64url(point[:32]), "y": base64url(point[32:])}
    assert proof.public_jwk == {"kty": "EC", "crv": "secp256k1", **coordinates}
    with door.db.read() as session:
        assert door.proofs.get(session, proof.id) == proof
        with pytest.raises(AccountProofUnknown):
            door.proofs.get(session, "acp_none")


def test_every_challenge_has_its_own_nonce_and_ends(door: Door) -> None:
    account = account_of(SECRET)
    first, second = door.message(account), door.message(account)
    assert first.nonce != second.nonce
    assert (first.domain, first.uri, first.chain_id, first.address) == (DOMAIN, URI, 31337, account.address)
    assert str(first.expiration_time) == "2026-11-22T12:10:00Z"


def test_a_nonce_works_once_and_only_while_it_lives(door: Door) -> None:
    message = door.challenge(account_of(SECRET))
    door.prove(message, signed(message))
    with pytest.raises(NonceReplayed):
        door.prove(message, signed(message))
    late = door.challenge(account_of(SECRET))
    judged = door.proofs.judge(late, signed(late))
    door.clock.advance(CHALLENGE_LIFETIME)
    with pytest.raises(SiweExpired):
        door.prove(late, signed(late))
    with door.db.write() as session, pytest.raises(NonceExpired):
        door.proofs.record(session, judged)
    door.clock.advance(-timedelta(seconds=1))
    door.prove(late, signed(late))


def test_a_nonce_that_we_did_not_give_is_refused(door: Door) -> None:
    mine = replace(door.message(), nonce="ours1would0look2like3this4").prepare()
    door.wallets.codes[account_of(SECRET)] = bytes.fromhex("6001")
    with pytest.raises(NonceUnknown):
        door.prove(mine, signed(mine))
    assert door.wallets.asked == 0, "strangers do not make us ask the chain"


def test_a_nonce_serves_the_account_it_was_given_for_and_no_stranger_burns_it(door: Door) -> None:
    message = door.message()
    stranger = replace(message, address=account_of(OTHER_SECRET).address).prepare()
    elsewhere = replace(message, chain_id=1).prepare()
    with pytest.raises(AccountMismatch):
        door.prove(stranger, signed(stranger, OTHER_SECRET))
    with pytest.raises(AccountMismatch):
        door.prove(elsewhere, signed(elsewhere))
    door.prove(message.prepare(), signed(message.prepare()))


NOT_OUR_QUESTION: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"domain": "evil.example"}, SiweDomainMismatch),
    ({"domain": "claims.example:444"}, SiweDomainMismatch),
    ({"uri": "https://evil.example"}, SiweUriMismatch),
    ({"uri": URI + "/v1"}, SiweUriMismatch),
    ({"expiration_time": None}, SiweExpiryMissing),
    ({"expiration_time": Timestamp.of(NOW)}, SiweExpired),
    ({"issued_at": Timestamp.of(NOW + timedelta(minutes=5))}, SiweNotYetValid),
    ({"not_before": Timestamp.of(NOW + timedelta(minutes=5))}, SiweNotYetValid),
]


def test_a_signed_message_that_is_not_our_question_is_refused(door: Door) -> None:
    for change, error in NOT_OUR_QUESTION:
        text = replace(door.message(), **change).prepare()
        with pytest.raises(error):
            door.prove(text, signed(text))


SPOILED: list[Callable[[str], str]] = [
    lambda text: text + "\n",
    lambda text: text.replace("Version: 1", "Version: 2"),
    lambda text: text.replace("\n", "\r\n"),
    lambda text: text.lower(),
    lambda text: text.replace("Chain ID: 31337", "Chain ID: 031337"),
    lambda text: "",
]


def test_a_text_that_is_no_canonical_message_is_refused(door: Door) -> None:
    for spoil in SPOILED:
        text = spoil(door.challenge(account_of(SECRET)))
        with pytest.raises(MalformedSiweMessage):
            door.prove(text, signed(text))


def test_only_the_canonical_signature_of_the_account_s_own_key_is_accepted(door: Door) -> None:
    def refused(message: str) -> list[bytes]:
        good = signed(message)
        others = [one for one in signature_encodings(good) if one != good]
        assert len(others) == 3, "high s, and v 0/1 for both"
        broken = [signed(message, OTHER_SECRET), signed(message + " "), good[:-1], good + b"\x00", b"", bytes(65), good[:64]]
        return [*others, *broken]

    for position in range(10):
        message = door.challenge(account_of(SECRET))
        with pytest.raises(AccountSignatureInvalid):
            door.prove(message, refused(message)[position])
    message = door.challenge(account_of(SECRET))
    door.prove(message, signed(message))


def test_a_bad_signature_uses_the_challenge_up_so_that_guessing_costs_one_each(door: Door) -> None:
    message = door.challenge(account_of(SECRET))
    with pytest.raises(AccountSignatureInvalid):
        door.prove(message, signed(message, OTHER_SECRET))
    asked = door.wallets.asked
    with pytest.raises(NonceReplayed):
        door.prove(message, signed(message))
    assert door.wallets.asked == asked


def test_a_challenge_for_another_account_asks_the_chain_nothing(door: Door) -> None:
    stranger = replace(door.message(), address=account_of(OTHER_SECRET).address).prepare()
    with pytest.raises(AccountMismatch):
        door.prove(stranger, b"\x00" * 65)
    assert door.wallets.asked == 0


def test_a_contract_wallet_s_own_word_counts_and_a_key_s_does_not(door: Door) -> None:
    account = account_of(SECRET)
    door.wallets.codes[account] = bytes.fromhex("6001")
    message = door.challenge(account)
    with pytest.raises(AccountSignatureInvalid):
        door.prove(message, signed(message))
    message = door.challenge(account)
    door.wallets.accepted.add(b"whatever the contract calls a signature")
    proof = door.prove(message, b"whatever the contract calls a signature")
    assert (proof.method, proof.public_jwk) == ("erc1271", None)


def test_code_that_only_delegates_leaves_the_key_in_charge(door: Door) -> None:
    account = account_of(SECRET)
    door.wallets.codes[account] = bytes.fromhex("ef0100") + bytes(20)
    message = door.challenge(account)
    with pytest.raises(AccountSignatureInvalid):
        door.prove(message, signed(message, OTHER_SECRET))
    message = door.challenge(account)
    assert door.prove(message, signed(message)).method == "eip191"
    assert door.wallets.asked == 2, "the contract is asked before the key"


def test_a_wrapper_that_holds_nothing_is_declined_before_the_chain_is_asked(door: Door) -> None:
    message = door.challenge(account_of(SECRET))
    for wrapper in (signed(message), b"", bytes(96), wrap(FAR)[:-33], b"\0" + wrap(FAR)[:-32], wrap(FAR)[:-32] + bytes(32)):
        with pytest.raises(MalformedSignatureWrapper):
            door.prove(message, wrapper + SUFFIX)
    assert door.wallets.asked == 0
    assert door.prove(message, signed(message)).method == "eip191", "the challenge is still good"


FAR = WrappedSignature(factory=Address(bytes([9]) * 20), factory_call=b"deploy it", signature=b"yes")


def test_the_word_of_a_wallet_that_is_not_deployed_yet_counts_and_a_key_s_does_not(door: Door) -> None:
    account = account_of(SECRET)
    message = door.challenge(account)
    with pytest.raises(AccountSignatureInvalid):
        door.prove(message, wrap(replace(FAR, signature=signed(message))))
    with pytest.raises(NonceReplayed):
        door.prove(message, wrap(FAR))
    door.wallets.wrapped.add(FAR)
    proof = door.prove(door.challenge(account), wrap(FAR))
    assert (proof.method, proof.public_jwk) == ("erc6492", None)
    assert door.wallets.asked == 2


def test_a_wrapped_signature_of_a_delegating_account_may_be_the_key_s(door: Door) -> None:
    account = account_of(SECRET)
    door.wallets.codes[account] = bytes.fromhex("ef0100") + bytes(20)
    message = door.challenge(account)
    assert door.prove(message, wrap(replace(FAR, signature=signed(message)))).method == "eip191"


def test_an_account_that_was_lost_proves_nothing_and_every_right_that_it_opened_is_over(door: Door) -> None:
    account, access, lost = account_of(SECRET), Access(door.clock, SystemEntropy()), LostAccounts(door.clock)
    seats = Seats(door.clock, SystemEntropy())
    message = door.challenge(account)
    proof = door.prove(message, signed(message))
    with door.db.write() as session:
        seat = seats.give(session, account=account, role=Role.CUSTODIAN, party_id="pty_one", given_by="test")
        token, cookie = access.give_wallet_token(session, proof.id), access.begin_session(session, proof.id)
        lost.shut_out(session, account)
        lost.shut_out(session, account)
    with door.db.read() as session:
        with pytest.raises(AccessTokenInvalid):
            access.caller(session, token)
        with pytest.raises(SessionMissing):
            access.caller_of_session(session, cookie)
        assert seats.get(session, seat.id).ended_at == NOW
    message = door.challenge(account)
    with pytest.raises(AccountLost):
        door.prove(message, signed(message))
    other = account_of(OTHER_SECRET)
    message = door.challenge(other)
    assert door.prove(message, signed(message, OTHER_SECRET)).account == other


def test_two_redemptions_of_one_nonce_at_once_give_one_proof(door: Door) -> None:
    message = door.challenge(account_of(SECRET))
    judged = door.proofs.judge(message, signed(message))
    start = threading.Barrier(4)
    outcomes: list[object] = []

    def redeem() -> None:
        start.wait()
        try:
            with door.db.write() as session:
                outcomes.append(door.proofs.record(session, judged))
        except NonceReplayed as error:
            outcomes.append(error)

    threads = [threading.Thread(target=redeem) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(one) for one in outcomes].count(AccountProof) == 1
    assert [type(one) for one in outcomes].count(NonceReplayed) == 3


def push(value: bytes) -> bytes:
    """PUSHn."""
    return bytes([0x5F + len(value)]) + value


def word(opcode_bytes: str) -> bytes:
    return bytes.fromhex(opcode_bytes)


def creation_code(runtime: bytes) -> bytes:
    """Init code that returns ``runtime``: CODECOPY(0, 11, length), RETURN(0, length)."""
    size = push(bytes([len(runtime)]))
    start = size + word("600a") + word("5f") + word("39") + size + word("5f") + word("f3")
    assert len(start) == 10
    return start + runtime


def owned_wallet(owner: Address) -> bytes:
    """ERC-1271 by hand: the magic value when ecrecover(hash, v, r, s) of the 65-byte signature is ``owner``, else zero."""
    return b"".join(
        (
            word("600435 5f 52"),  # memory[0x00] = hash, the first argument
            word("60a435 60f8 1c 6020 52"),  # memory[0x20] = v, the last byte of the signature
            word("606435 6040 52"),  # memory[0x40] = r
            word("608435 6060 52"),  # memory[0x60] = s
            word("6020 6080 6080 5f 6001 5a fa 50"),  # memory[0x80] = ecrecover(memory[0x00:0x80])
            word("6080 51") + push(owner.value) + word("14"),  # memory[0x80] == owner
            word("63 1626ba7e 02 60e0 1b 5f 52 6020 5f f3"),  # return the magic value times that, left-aligned
        )
    )


def test_a_contract_wallet_on_the_chain_proves_its_account_over_the_api(stand: Stand) -> None:
    owner, stranger = stand.onchain.actors.alice, stand.onchain.actors.stranger
    wallet = Account(owner.account.chain, owner.create(creation_code(owned_wallet(owner.address))))
    mute = Account(owner.account.chain, owner.create(creation_code(word("00"))))
    refusing = Account(owner.account.chain, owner.create(creation_code(word("5f5ffd"))))
    short = Account(owner.account.chain, owner.create(creation_code(word("63 1626ba7e 5f 52 6004 601c f3"))))

    def prove(account: Account, sign: Callable[[str], bytes]) -> tuple[int, dict[str, str]]:
        asked = stand.request("POST", "/v1/account-proofs/challenges", json={"account": str(account)})
        message = asked.json["message"]
        answer = stand.request("POST", "/v1/account-proofs", json={"message": message, "signature": "0x" + sign(message).hex()})
        return answer.status_code, dict(answer.json)

    for account, sign in (
        (wallet, stranger.sign_message),
        (wallet, lambda message: owner.sign_message(message + "!")),
        (wallet, lambda _: b""),
        (mute, owner.sign_message),
        (refusing, owner.sign_message),
        (short, owner.sign_message),
    ):
        status, problem = prove(account, sign)
        assert (status, problem["code"]) == (422, "account_signature_invalid"), account

    status, proof = prove(wallet, owner.sign_message)
    assert (status, proof["method"], proof["account"]) == (201, "erc1271", str(wallet))
    bearer = {"Authorization": f"Bearer {proof['access_token']}", "Idempotency-Key": "enrol-the-contract-wallet"}
    enrolled = stand.request("POST", "/v1/me", headers=bearer, json={"kind": "organisation", "legal_name": "A Vault GmbH"})
    assert (enrolled.status_code, enrolled.json["account"]) == (201, str(wallet))


def test_a_wallet_proves_its_account_before_it_is_deployed_and_after(stand: Stand) -> None:
    owner, stranger = stand.onchain.actors.alice, stand.onchain.actors.stranger
    planned = planned_wallet(owner)
    client = stand.onchain.client

    def prove(sign: Callable[[str], bytes], account: Account = planned.account) -> str:
        asked = stand.request("POST", "/v1/account-proofs/challenges", json={"account": str(account)})
        message = asked.json["message"]
        answer = stand.request("POST", "/v1/account-proofs", json={"message": message, "signature": "0x" + sign(message).hex()})
        return str(answer.json.get("method", answer.json.get("code")))

    def strangers(message: str) -> bytes:
        return wrap(WrappedSignature(**{**parts, "signature": stranger.sign_message(message)}))

    def idle(message: str) -> bytes:
        return wrap(WrappedSignature(**{**parts, "factory_call": bytes(32), "signature": owner.sign_message(message)}))

    parts = {"factory": planned.factory, "factory_call": planned.factory_call, "signature": b""}
    before = client.head().number
    assert prove(planned.sign_message) == "erc6492"
    assert prove(strangers) == "account_signature_invalid"
    assert prove(idle) == "account_signature_invalid", "the factory deploys another wallet"
    assert prove(planned.sign_message, stranger.account) == "account_signature_invalid", "nothing is deployed at this account"
    assert prove(owner.sign_message) == "account_signature_invalid", "without its factory the wallet is nobody"
    head = client.head()
    assert (head.number, client.get_code(planned.account.address, head)) == (before, b""), "the chain is as it was"

    planned.deploy()
    assert prove(planned.sign_message) == "erc6492"
    assert prove(idle) == "erc6492", "the factory is not needed any more"
    assert prove(strangers) == "account_signature_invalid"
    assert prove(owner.sign_message) == "erc1271"


def test_bad_proofs_over_the_api_are_problems_that_say_what_to_do(stand: Stand) -> None:
    alice, bob = stand.onchain.actors.alice, stand.onchain.actors.bob

    def challenge(account: str) -> str:
        return str(stand.request("POST", "/v1/account-proofs/challenges", json={"account": account}).json["message"])

    def prove(message: str, signature: str) -> str:
        answer = stand.request("POST", "/v1/account-proofs", json={"message": message, "signature": signature})
        assert answer.status_code == 201 or 400 <= answer.status_code < 500
        return str(answer.json.get("code", "accepted"))

    message = challenge(str(alice.account))
    good = "0x" + alice.sign_message(message).hex()
    elsewhere = challenge(f"eip155:1:{alice.address}")
    bobs = message.replace(str(alice.address), str(bob.address))
    for sent, signature, expected in (
        (message, good[2:], "malformed_signature"),
        (message, "0xzz", "malformed_signature"),
        (message, "0x123", "malformed_signature"),
        (message, good + "6492" * 16, "malformed_signature_wrapper"),
        (bobs, "0x" + bob.sign_message(bobs).hex(), "account_mismatch"),
        ("hello", good, "malformed_siwe_message"),
        (message, good, "accepted"),
        (message, good, "nonce_replayed"),
    ):
        assert prove(sent, signature) == expected, expected
    another = challenge(str(alice.account))
    assert prove(another, "0x" + bob.sign_message(another).hex()) == "account_signature_invalid"
    assert prove(elsewhere, "0x" + alice.sign_message(elsewhere).hex()) == "chain_not_configured"
    for account in ("0x00", "eip155:31337:0x00", "solana:1:abc", str(alice.account).upper(), 7, None, ""):
        answer = stand.request("POST", "/v1/account-proofs/challenges", json={"account": account})
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_field"), account
