"""How a name becomes something that an index finds. Needs no extension of the database."""

from lingnan.standards.codes.types import normalise


def grams(text: str) -> list[str]:
    """Every character and every pair of neighbours: a part of a name of any length is found."""
    return sorted({*text, *(text[i : i + 2] for i in range(len(text) - 1))})


def query_grams(text: str) -> list[str]:
    """What must be in `grams` of a name that contains this text."""
    if len(text) < 2:
        return [text] if text else []
    return sorted({text[i : i + 2] for i in range(len(text) - 1)})


def words(text: str) -> list[str]:
    """A query's words, half-width, in capitals only where Latin."""
    return [found for found in (normalise(word) for word in text.split()) if found]
