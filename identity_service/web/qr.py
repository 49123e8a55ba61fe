"""QR codes as SVG that a strict page may show: no style attribute, no script, dark on white whatever the page's colours.

>>> qr_svg("https://claims.example/i/abcdefghijklmnopqrstuvwxyz", title="QR code").startswith(b"<svg role=")
True
"""

import io
from typing import Final

import segno
from segno.encoder import DataOverflowError

from claim_issuers.errors import Unavailable

QUIET_ZONE: Final = 4  # ISO/IEC 18004 §5.3.8: four modules on every side
LARGEST_VERSION: Final = 8
"""A larger symbol is hard to read from a screen at arm's length; OpenID4VCI asks for offers by reference for this reason."""


class QrCodeTooFine(Unavailable):
    """The public address is so long that the QR code of an address under it would be too fine to scan."""

    code = "qr_code_too_fine"


def qr_svg(text: str, *, title: str) -> bytes:
    """``text`` as an SVG document of one unit a module, sized by whoever shows it; error correction M or better.

    Its title is for those who cannot see it. Raises QrCodeTooFine for a text that needs more than version 8.
    """
    try:
        symbol = segno.make_qr(text, error="m", mode="byte")
    except DataOverflowError as error:
        raise QrCodeTooFine("shorten public_url: the QR code would be too fine to scan") from error
    if int(symbol.version) > LARGEST_VERSION:
        raise QrCodeTooFine("shorten public_url: the QR code would be too fine to scan")
    written = io.BytesIO()
    symbol.save(
        written,
        kind="svg",
        border=QUIET_ZONE,
        dark="#000",
        light="#fff",
        title=title,
        xmldecl=False,
        omitsize=True,
        svgclass=None,
        lineclass=None,
        nl=False,
    )
    # Blurred edges of neighbouring modules would leave light seams at sizes that are no multiple of the modules.
    return written.getvalue().replace(b"<svg ", b'<svg role="img" shape-rendering="crispEdges" ', 1)
