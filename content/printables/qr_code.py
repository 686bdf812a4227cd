"""The QR code on a printable."""

import io

import segno

QUIET_ZONE = 4  # modules of white around the pattern; telephones look for them


def build_qr_code(address: str) -> segno.QRCode:
    # "M" survives a crease or a stain over a seventh of the pattern, and stays coarse enough for a cheap camera.
    return segno.make_qr(address, error="m", boost_error=True)


def render_svg(address: str) -> bytes:
    """Return the QR code as an SVG: black on white, whatever is around it."""
    found = io.BytesIO()
    build_qr_code(address).save(
        found, kind="svg", border=QUIET_ZONE, dark="#000", light="#fff", xmldecl=False, omitsize=True, nl=False
    )
    return found.getvalue()
