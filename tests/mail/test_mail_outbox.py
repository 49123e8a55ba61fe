"""The outbox: a file for each message, for its owner alone, whole or not there."""

import stat
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from claim_issuers.clock import FixedClock, SystemEntropy
from identity_service.mail.model import MailUnavailable, Message
from identity_service.mail.outbox import Outbox
from identity_service.mail.service import mailer_for
from identity_service.mail.smtp import SmtpMailer
from identity_service.settings import load_settings

CLOCK = FixedClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
MESSAGE = Message(id="ntc_a", recipient="anna@example.org", subject="Your code", text="It is 123456.\n")


def outbox(directory: Path) -> Outbox:
    return Outbox(directory=directory, sender="no-reply@claims.example", clock=CLOCK, entropy=SystemEntropy())


def test_messages_lie_in_order_each_for_its_owner_alone(tmp_path: Path) -> None:
    box = outbox(tmp_path / "data" / "outbox")
    for number in range(3):
        box.send(Message(id=f"ntc_{9 - number}", recipient="anna@example.org", subject="Your code", text="It is 123456.\n"))
        CLOCK.advance(timedelta(milliseconds=1))
    files = sorted(box.directory.iterdir())
    assert [file.name.partition("-")[2] for file in files] == ["ntc_9.eml", "ntc_8.eml", "ntc_7.eml"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(box.directory.stat().st_mode) == 0o700
    assert message_from_bytes(files[0].read_bytes(), policy=policy.default).get_content() == "It is 123456.\r\n"
    assert box.examine() == f"no mail server: 3 messages lie in {box.directory}"


def test_an_outbox_that_cannot_be_written_is_waited_for_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MailUnavailable):
        outbox(tmp_path / "file" / "outbox").send(MESSAGE)
    with pytest.raises(MailUnavailable):
        outbox(tmp_path / "file" / "outbox").examine()
    box = outbox(tmp_path / "outbox")
    (box.directory / f"{CLOCK.now():%Y%m%dT%H%M%S.%fZ}-ntc_a.eml").mkdir(parents=True)  # the name is taken by what no file replaces
    with pytest.raises(MailUnavailable):
        box.send(MESSAGE)
    assert len(list(box.directory.iterdir())) == 1


def test_the_settings_choose_where_mail_goes(tmp_path: Path) -> None:
    made = mailer_for(load_settings(tmp_path, development=True), clock=CLOCK, entropy=SystemEntropy())
    assert isinstance(made, Outbox)
    assert (made.directory, made.sender) == (tmp_path / "outbox", "no-reply@localhost")
    named = load_settings(tmp_path, public_url="https://claims.example", outbox=tmp_path / "mail")
    made = mailer_for(named, clock=CLOCK, entropy=SystemEntropy())
    assert isinstance(made, Outbox)
    assert (made.directory, made.sender) == (tmp_path / "mail", "no-reply@claims.example")
    (tmp_path / "password").write_text("s3cret\n")
    served = load_settings(
        tmp_path, smtp_url="smtp://me@mail.example", mail_from="a@claims.example", smtp_password_file=tmp_path / "password"
    )
    made = mailer_for(served, clock=CLOCK, entropy=SystemEntropy())
    assert isinstance(made, SmtpMailer)
    assert (made.server.port, made.sender, made.password(), made.plain_loopback) == (587, "a@claims.example", "s3cret", False)
