"""ISO 7064 check characters: the pure system MOD 11-2 and the hybrid system MOD 37,36.

Source: ISO 7064:2003 (GB/T 17710). Both find every single wrong character; MOD 11-2 also finds
every transposition of two neighbours.
"""

_DIGITS = "0123456789"
_MOD_11_2 = _DIGITS + "X"
_MOD_37_36 = _DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def mod_11_2(digits: str) -> str:
    """The check character over a string of digits: "0" to "9" or "X".

    Raises: ValueError when a character is not an ASCII digit.
    """
    remainder = 0
    for character in digits:
        remainder = (remainder + _DIGITS.index(character)) * 2 % 11
    return _MOD_11_2[(12 - remainder) % 11]


def mod_37_36(text: str) -> str:
    """The check character over digits and capitals A-Z: one of the same 36 characters.

    Raises: ValueError when a character is neither.
    """
    remainder = 36
    for character in text:
        total = (remainder + _MOD_37_36.index(character)) % 36 or 36
        remainder = total * 2 % 37
    return _MOD_37_36[(37 - remainder) % 36]


def is_mod_11_2(text: str) -> bool:
    """Whether the last character checks the digits before it."""
    body, check = text[:-1], text[-1:]
    return bool(body) and _only(body, _DIGITS) and mod_11_2(body) == check


def is_mod_37_36(text: str) -> bool:
    """Whether the last character checks those before it."""
    body, check = text[:-1], text[-1:]
    return bool(body) and _only(body, _MOD_37_36) and mod_37_36(body) == check


def _only(text: str, alphabet: str) -> bool:
    return all(character in alphabet for character in text)
