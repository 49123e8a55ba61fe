from datetime import UTC, datetime

import pytest
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from identity_service.storage import Database, Instant, Uint256


class SampleBase(DeclarativeBase):
    """Tables of this test alone: the product's metadata stays the product's."""


class Sample(SampleBase):
    __tablename__ = "test_samples"
    name: Mapped[str] = mapped_column(String, primary_key=True)
    amount: Mapped[int] = mapped_column(Uint256)
    at: Mapped[datetime] = mapped_column(Instant)


@pytest.fixture(autouse=True)
def _samples(db: Database) -> None:
    SampleBase.metadata.create_all(db.engine)


INSTANT = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize("amount", [0, 1, 2**63, 2**128, 2**256 - 1])
def test_a_uint256_and_an_instant_come_back_exactly(db: Database, amount: int) -> None:
    with db.write() as session:
        session.add(Sample(name="a", amount=amount, at=INSTANT))
    with db.read() as session:
        sample = session.get_one(Sample, "a")
        assert (sample.amount, sample.at) == (amount, INSTANT)


def test_amounts_sort_as_numbers(db: Database) -> None:
    with db.write() as session:
        session.add_all([Sample(name=str(n), amount=n, at=INSTANT) for n in (10, 9, 2**200, 100)])
    with db.read() as session:
        rows = session.query(Sample).order_by(Sample.amount).all()
        assert [row.amount for row in rows] == [9, 10, 100, 2**200]


def test_a_write_that_fails_changes_nothing(db: Database) -> None:
    def add_then_fail() -> None:
        with db.write() as session:
            session.add(Sample(name="a", amount=1, at=INSTANT))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        add_then_fail()
    with db.read() as session:
        assert session.get(Sample, "a") is None


def test_a_read_never_changes_anything(db: Database) -> None:
    with db.read() as session:
        session.add(Sample(name="a", amount=1, at=INSTANT))
        session.flush()
    with db.read() as session:
        assert session.get(Sample, "a") is None


@pytest.mark.parametrize("amount", [-1, 2**256])
def test_an_amount_outside_uint256_is_refused(db: Database, amount: int) -> None:
    def store() -> None:
        with db.write() as session:
            session.add(Sample(name="a", amount=amount, at=INSTANT))

    with pytest.raises(Exception, match="256-bit"):
        store()
