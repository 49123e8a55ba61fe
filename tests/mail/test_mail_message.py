"""A message cannot become two, nor grow headers."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_service.mail.model import MailAddressInvalid, MailMalformed, Message, rendered, require_address
from identity_service.mail.server import MailServer

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
SENDER = "no-reply@claims.example"


def message(**changes: str) -> Message:
    return Message(**{"id": "ntc_a", "recipient": "anna@example.org", "subject": "Your code", "text": "It is 1.\n", **changes})


def test_a_message_travels_as_ascii_in_crlf_lines_and_reads_as_it_was_written() -> None:
    text = "Grüezi – 你好\n" + "x" * 3000 + "\n.\nFrom here on\n"
    wire = rendered(message(subject="Ihre Daten wurden gelesen – später", text=text), sender=SENDER, at=AT)
    assert wire.isascii()
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert max(len(line) for line in wire.split(b"\r\n")) <= 998
    read = message_from_bytes(wire, policy=policy.default)
    assert (read["From"], read["To"], read["Message-ID"]) == (SENDER, "anna@example.org", "<ntc_a@claims.example>")
    assert read["Subject"] == "Ihre Daten wurden gelesen – später"
    assert (read["Auto-Submitted"], read["Date"].datetime) == ("auto-generated", AT)
    assert read.get_content().replace("\r\n", "\n") == text


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "anna@",
        "@example.org",
        "anna@example.org\r\nBcc: eve@example.org",
        "anna@example.org\n",
        "anna@example.org, eve@example.org",
        "anna@example.org eve@example.org",
        "Anna <anna@example.org>",
        '"anna b"@example.org',
        "anna@[127.0.0.1]",
        "anna@127.0.0.1",
        "anna..b@example.org",
        ".anna@example.org",
        "anna@-example.org",
        "anna@example..org",
        "ännä@example.org",
        "anna@exämple.org",
        "a" * 65 + "@example.org",
        "anna@" + "a." * 130 + "org",
        "anna@example.org\x00",
    ],
)
def test_what_is_no_plain_address_gets_no_mail_and_is_not_repeated(address: str) -> None:
    with pytest.raises(MailAddressInvalid) as caught:
        message(recipient=address)
    assert address == "" or address not in str(caught.value)


@pytest.mark.parametrize("address", ["a@b", "first.last+tag@mail.example.org", "o'hara@example.org", "A_B-9@EXAMPLE.org"])
def test_plain_addresses_pass(address: str) -> None:
    assert require_address(address) == address


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Your code\r\nBcc: eve@example.org"},
        {"subject": "Your code\u2028Bcc: eve@example.org"},
        {"subject": "x\x85y"},
        {"subject": " "},
        {"subject": "x" * 201},
        {"text": "x" * 20_001},
        {"text": "bell\x07"},
        {"text": "a\rb"},
        {"id": "a>\r\nX: y"},
        {"id": ""},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_message_that_would_break_out_of_its_form_is_none(changes: dict[str, str]) -> None:
    with pytest.raises(MailMalformed):
        message(**changes)


@given(subject=st.text(max_size=60), text=st.text(max_size=200), recipient=st.text(max_size=40) | st.just("anna@example.org"))
def test_whatever_is_a_message_has_exactly_our_headers(subject: str, text: str, recipient: str) -> None:
    try:
        made = message(subject=subject, text=text, recipient=recipient)
    except (MailAddressInvalid, MailMalformed):
        return
    read = message_from_bytes(rendered(made, sender=SENDER, at=AT), policy=policy.default)
    headers = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding"]
    assert sorted(read.keys()) == sorted([*headers, "MIME-Version"])
    assert read["To"] == made.recipient
    assert read.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtps://user%40example.org@mail.example", ("mail.example", 465, "user@example.org", True)),
        ("smtp://mail.example:2525/", ("mail.example", 2525, None, False)),
        ("smtp://[::1]", ("::1", 587, None, False)),
    ],
)
def test_a_mail_server_is_read_from_its_url(url: str, expected: tuple[object, ...]) -> None:
    server = MailServer.parse(url)
    assert (server.host, server.port, server.user, server.implicit_tls) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://mail.example",
        "smtp://",
        "smtp://u:s3cret@mail.example",
        "smtp://mail.example/box",
        "smtp://mail.example?x=1",
        "smtp://mail.example:99999",
        "smtp://mail.example:0",
        "smtp://mail_.example",
        "smtp://mail.example\r\nX: y",
        "smtp://[::1",
    ],
)
def test_a_url_that_names_no_mail_server_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(MailMalformed) as caught:
        MailServer.parse(url)
    assert "s3cret" not in str(caught.value)
