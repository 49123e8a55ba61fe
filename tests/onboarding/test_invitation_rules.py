"""What an invitation is at an instant, who may send one, and its QR code, read by another's decoder."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
import zxingcpp

from identity_service.access.model import Role
from identity_service.issuance.model import ApplicationState, Liveness
from identity_service.onboarding.invitation_model import (
    InvitationAddressTooLong,
    InvitationInvalid,
    InvitationNotPermitted,
    InvitationState,
    InvitationTerms,
    Progress,
    code_of,
    require_may_invite,
    seconds_left,
)
from identity_service.onboarding.qr import qr_svg

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"
SIXTY = "https://claims.a-provider-with-a-rather-long-name.example:8443"[:60]
ADDRESS = f"{SIXTY}/i/abcdefghijklmnopqrstuv2345"


def progress(**happened: object) -> Progress:
    return Progress(**{"expires_at": NOW + timedelta(days=1), **happened})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("happened", "state"),
    [
        ({}, "open"),
        ({"seen_at": NOW}, "seen"),
        ({"proved_at": NOW}, "proved"),
        ({"seen_at": NOW, "proved_at": NOW}, "proved"),
        ({"expires_at": NOW}, "expired"),
        ({"expires_at": NOW, "proved_at": NOW}, "expired"),
        ({"withdrawn_at": NOW, "seen_at": NOW}, "withdrawn"),
        ({"withdrawn_at": NOW, "expires_at": NOW}, "withdrawn"),
        ({"licensed": False}, "lapsed"),
        ({"licensed": False, "proved_at": NOW}, "lapsed"),
        ({"licensed": False, "expires_at": NOW}, "expired"),
        ({"licensed": False, "withdrawn_at": NOW}, "withdrawn"),
        ({"licensed": False, "application": ApplicationState.SUBMITTED}, "applied"),
        ({"application": ApplicationState.SUBMITTED, "expires_at": NOW}, "applied"),
        ({"application": ApplicationState.REJECTED}, "rejected"),
        ({"application": ApplicationState.APPROVED, "claim": Liveness.NOT_ISSUED}, "approved"),
        ({"application": ApplicationState.APPROVED, "claim": Liveness.NOT_YET_VALID}, "issued"),
        ({"application": ApplicationState.APPROVED, "claim": Liveness.LIVE}, "issued"),
        ({"application": ApplicationState.APPROVED, "claim": Liveness.EXPIRED}, "claim_expired"),
        ({"application": ApplicationState.APPROVED, "claim": Liveness.REVOKED}, "claim_revoked"),
    ],
)
def test_what_happened_to_an_invitation_gives_its_state(happened: dict[str, object], state: str) -> None:
    assert progress(**happened).state(NOW) == state


def test_only_the_first_three_states_let_somebody_apply() -> None:
    assert {one for one in InvitationState if one.is_open} == {"open", "seen", "proved"}
    expires_at = NOW + timedelta(seconds=61, milliseconds=900)
    assert seconds_left(InvitationState.SEEN, expires_at, NOW) == 61
    assert seconds_left(InvitationState.SEEN, NOW, NOW) == 0
    assert seconds_left(InvitationState.APPLIED, expires_at, NOW) == 0


def test_anybody_learns_that_a_claim_was_issued_and_not_what_came_of_it() -> None:
    hidden = {one for one in InvitationState if one.told_to_anybody is not one}
    assert hidden == {"claim_expired", "claim_revoked"}
    assert {one.told_to_anybody for one in hidden} == {"issued"}


@pytest.mark.parametrize("role", [*Role, None])
def test_claim_issuers_invite_for_everything_and_intermediaries_their_clients(role: Role | None) -> None:
    if role is Role.CLAIM_ISSUER:
        require_may_invite(role, "FAMILY_OFFICE")
        return
    with pytest.raises(InvitationNotPermitted):
        require_may_invite(role, "FAMILY_OFFICE")
    if role in (Role.FAMILY_OFFICE, Role.CUSTODIAN):
        require_may_invite(role, "INVESTOR")
    else:
        with pytest.raises(InvitationNotPermitted):
            require_may_invite(role, "INVESTOR")


@pytest.mark.parametrize("reference", ["", "Anna Feldkirch", "a" * 65, "é", "a\n"])
def test_a_reference_holds_no_name(reference: str) -> None:
    with pytest.raises(InvitationInvalid):
        InvitationTerms(claim_type="INVESTOR", reference=reference)


@pytest.mark.parametrize("lifetime", [timedelta(), timedelta(days=30, seconds=1), timedelta(seconds=-1)])
def test_an_invitation_lives_a_second_to_thirty_days(lifetime: timedelta) -> None:
    with pytest.raises(InvitationInvalid):
        InvitationTerms(claim_type="INVESTOR", lifetime=lifetime)


def test_a_code_is_the_first_128_bits_in_base_32() -> None:
    # RFC 4648 §10: base32("foobar") is MZXW6YTBOI======
    assert code_of(b"foobar".ljust(16, b"\0") + b"ignored").startswith("mzxw6ytboi")
    assert len(code_of(bytes(32))) == 26


def modules(svg: bytes) -> list[list[bool]]:
    """The dark modules of the drawing, quiet zone and all: its dark path is horizontal strokes of one unit's width."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own drawing
    size = int(root.attrib["viewBox"].split()[2])
    dark = [[False] * size for _ in range(size)]
    (path,) = [one for one in root.iter(f"{SVG}path") if one.get("stroke") == "#000"]
    x, y = 0.0, 0.0
    for command, numbers in re.findall(r"([Mmh])([-0-9. ]+)", path.attrib["d"]):
        given = [float(one) for one in re.findall(r"-?[0-9.]+", numbers)]
        if command == "h":
            for column in range(int(x), int(x + given[0])):
                dark[int(y)][column] = True
            x += given[0]
        elif command == "m":
            x, y = x + given[0], y + given[1]
        else:
            x, y = given
    return dark


def test_another_s_decoder_reads_the_code_of_a_long_address() -> None:
    assert len(SIXTY) == 60
    drawn = modules(qr_svg(ADDRESS))
    side, scale = len(drawn), 4
    pixels = b"".join(bytes(0 if dark else 255 for dark in row for _ in range(scale)) * scale for row in drawn)
    (read,) = zxingcpp.read_barcodes(memoryview(pixels).cast("B", (side * scale, side * scale)))

    assert read.text == ADDRESS
    assert read.format in (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.QRCodeModel2)
    version = (side - 8 - 17) // 4  # ISO/IEC 18004 §5.3: 17 + 4 × version modules a side, and a quiet zone of 4
    assert version <= 8
    for row in (drawn[:4], drawn[-4:], [line[:4] + line[-4:] for line in drawn]):
        assert not any(any(line) for line in row)


def test_the_drawing_suits_a_strict_page_and_whoever_cannot_see_it() -> None:
    root = ElementTree.fromstring(qr_svg(ADDRESS))  # noqa: S314 - our own drawing
    named = {element.tag for element in root.iter()}
    assert named <= {f"{SVG}{name}" for name in ("svg", "title", "g", "path")}
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not {name for name in attributes if name in ("style", "class") or name.startswith("on")}
    assert root.attrib["role"] == "img"
    assert "scan it" in (root.findtext(f"{SVG}title") or "")
    light, dark = root.iter(f"{SVG}path")
    assert (light.get("fill"), dark.get("stroke")) == ("#fff", "#000"), "dark on white, whatever the page's colours"


def test_an_address_that_no_camera_would_read_is_refused() -> None:
    # ISO/IEC 18004 table 7: version 8 at level M holds 152 bytes
    assert len(modules(qr_svg("h" * 152))) == 17 + 4 * 8 + 8
    with pytest.raises(InvitationAddressTooLong):
        qr_svg("h" * 153)
