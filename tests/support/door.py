"""A whole service without a chain behind it, and tokens to enter with: for what the description says of every operation."""

from pathlib import Path
from typing import Any

from eth_account import Account as EthAccount
from eth_account.messages import encode_defunct
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from claim_issuers.clock import SystemEntropy
from claim_issuers.identifiers.accounts import Account
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.access.model import ROLE_SCOPES, WALLET_SCOPES, Role
from identity_service.access.proofs import AccountProofs
from identity_service.bootstrap import Service
from identity_service.settings import Settings
from identity_service.vault.service import Vault
from tests.support.description import Operation, examples_of, resolved


class NoContractWallets:
    """A chain on which no account has code."""

    def code(self, account: Account) -> tuple[bytes, int, bytes]:
        return b"", 1, bytes(32)

    def accepts_signature(self, account: Account, digest: bytes, signature: bytes, block_hash: bytes) -> bool:
        return False


class Door:
    """A whole service on an empty database, without a chain behind it, and tokens to enter with."""

    def __init__(self, directory: Path) -> None:
        settings = Settings(
            data_directory=directory,
            development=True,
            rate_limit="",
            chain_rate_limit="",
            database_url=f"sqlite:///{directory / 'service.db'}",
            chains={"eip155:1": {"rpc_url": "http://127.0.0.1:9"}},
        )
        self.service = Service(settings, Vault.create(directory / "vault", SystemEntropy()))
        self.service.db.create_all()
        self.app: Flask = self.service.app()
        self.client: FlaskClient = self.app.test_client()

    def client_token(self, role: Role, scopes: frozenset[str]) -> str:
        signer = Ed25519Signer(SystemEntropy().token_bytes(32))
        jwk = {name: signer.public_jwk()[name] for name in ("kty", "crv", "x")}
        with self.service.db.write() as session:
            client = self.service.access.register_client(session, role=role, party_id=None, public_jwk=jwk)
            return self.service.access.give_client_token(session, client.id, scopes)

    def wallet_token(self) -> str:
        proofs = AccountProofs(
            db=self.service.db,
            clock=self.service.world.clock,
            entropy=self.service.world.entropy,
            single_use=self.service.single_use,
            wallets=NoContractWallets(),
            domain="claims.example",
            uri="https://claims.example",
        )
        account = EthAccount.create()
        with self.service.db.write() as session:
            message = proofs.challenge(session, Account.parse(f"eip155:1:{account.address}")).message
        judged = proofs.judge(message, bytes(account.sign_message(encode_defunct(text=message)).signature))
        with self.service.db.write() as session:
            return self.service.access.give_wallet_token(session, proofs.record(session, judged).id)

    def token_for(self, operation: Operation) -> str | None:
        """A token that this operation lets in."""
        if not operation.scopes:
            return None
        if operation.scopes <= WALLET_SCOPES:
            return self.wallet_token()
        role = next(role for role in Role if operation.scopes <= ROLE_SCOPES[role])
        return self.client_token(role, operation.scopes)

    def call(self, operation: Operation, *, token: str | None = None, key: str | None = None, body: Any = None) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}" if token else "", "Idempotency-Key": key or ""}
        sent = {name: value for name, value in headers.items() if value}
        required = {name: parameter for name, parameter in operation.parameters_in("query").items() if parameter.get("required")}
        query = {
            name: [*examples_of(parameter), *resolved(parameter["schema"]).get("enum", [])][0]
            for name, parameter in required.items()
        }
        content: dict[str, Any] = {} if body is None else {"json": body}
        if "application/x-www-form-urlencoded" in operation.spec.get("requestBody", {}).get("content", {}):
            content = {"data": body}
        return self.client.open(operation.url(), method=operation.method, headers=sent, query_string=query, **content)
