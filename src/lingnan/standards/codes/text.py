"""What every code goes through before it is read."""

import unicodedata


def normalise(text: str) -> str:
    """Full-width to half-width, without surrounding and inner blanks, in capitals.

    People paste numbers from documents: "４４０５２４１８８００１０１００１４", "x" for "X".
    """
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()
