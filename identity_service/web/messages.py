"""Marks texts for the catalogues of translations where they are written; they are translated where they are shown. No I/O."""


def marked(message: str) -> str:
    """``message`` as it is: it stands in the catalogue and is translated where it is shown (``languages``)."""
    return message
