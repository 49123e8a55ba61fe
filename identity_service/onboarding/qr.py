"""The QR code of an invitation.

>>> qr_svg("https://claims.example/i/abcdefghijklmnopqrstuvwxyz").startswith(b"<svg role=")
True
"""

from identity_service.onboarding.invitation_model import InvitationAddressTooLong
from identity_service.web import qr


def qr_svg(address: str, *, title: str = "QR code of the invitation: scan it with the wallet's camera") -> bytes:
    """The address as an SVG document. Raises InvitationAddressTooLong where the code would be too fine to scan."""
    try:
        return qr.qr_svg(address, title=title)
    except qr.QrCodeTooFine as error:
        raise InvitationAddressTooLong(error.detail) from error
