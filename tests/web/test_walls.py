"""The walls between the rooms stand where the rooms are."""

from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_room_with_tables_has_a_contract_that_protects_them() -> None:
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    rooms = {path.parent.name for path in (ROOT / "identity_service").glob("*/tables.py")}
    assert {f"importlinter:contract:tables-of-{room}" for room in rooms} <= set(contracts.sections())
