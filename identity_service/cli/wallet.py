"""``test-wallet accept``."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from claim_issuers.clock import SystemClock, SystemEntropy
from claim_issuers.formats.sd_jwt import SdJwt
from identity_service.demo.api import Transport
from identity_service.demo.credential_wallet import CredentialWallet, service_of
from identity_service.demo.test_wallet import TestWallet, invitation_of
from identity_service.egress.client import EgressClient


def accept(
    url: str, *, party: Mapping[str, Any], attributes: Mapping[str, Any], patience: timedelta, json_file: Path | None
) -> None:
    """Answer the invitation with a fresh key, tell each step, and return only with a verified claim."""
    base_url, _ = invitation_of(url)
    clock = SystemClock()
    transport = Transport(base_url, EgressClient(clock=clock, allow_loopback=True), clock, SystemEntropy())
    claim = TestWallet.fresh(transport, tell=click.echo, patience=patience).accept(url, party=party, attributes=attributes)
    if json_file is not None:
        json_file.write_text(json.dumps(claim, indent=2) + "\n")
    click.echo(f"Done: {claim['claim_type']} claim {claim['id']} for {claim['account']}.")


def take(offer: str, *, tx_code: str | None, patience: timedelta, json_file: Path | None) -> None:
    """Take up the offer of a service on this machine with a fresh key, tell each step, and say what the wallet then holds."""
    base_url = service_of(offer)
    clock = SystemClock()
    transport = Transport(base_url, EgressClient(clock=clock, allow_loopback=True), clock, SystemEntropy())
    held = CredentialWallet.fresh(transport, tell=click.echo).take(offer, tx_code=tx_code, patience=patience)
    sd_jwt = SdJwt.parse(held.credential)
    if json_file is not None:
        json_file.write_text(json.dumps({"credential": held.credential, "holder_jwk": held.key.public_key.jwk()}, indent=2) + "\n")
    click.echo(f"Done: a credential that can show {len(sd_jwt.disclosures)} attributes, one by one.")


def named(attributes: Sequence[str]) -> dict[str, str]:
    """The attributes written as NAME=VALUE. Raises BadParameter."""
    pairs = [one.partition("=") for one in attributes]
    if not all(name and separator for name, separator, _ in pairs):
        raise click.BadParameter("write NAME=VALUE", param_hint="--attribute")
    return {name: value for name, _, value in pairs}
