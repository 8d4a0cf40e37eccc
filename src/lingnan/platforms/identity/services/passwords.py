"""What a password must be, and how it is compared.

Source: GB/T 22239-2019 8.1.4.1 (complexity, history, limits); the numbers are the rule "passwords".
"""

import secrets
from datetime import date

from django.contrib.auth.hashers import check_password, make_password
from django.utils.translation import gettext as _

from lingnan.kernel.errors import FieldProblem

from ..errors import PasswordWeak
from ..queries.rules import rule

LENGTH_MAX = 128
_READABLE = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
UNUSABLE = "!"
"""What no password is: of an account that is closed, or was opened by a provider elsewhere."""
_COMMON = frozenset(
    [
        "password",
        "passw0rd",
        "12345678",
        "123456789",
        "1234567890",
        "qwertyuiop",
        "1qaz2wsx",
        "abc12345",
        "abcd1234",
        "a1234567",
        "a12345678",
        "admin123",
        "admin@123",
        "iloveyou",
        "woaini1314",
        "woaini520",
        "password1",
        "qwer1234",
        "11111111",
        "88888888",
        "00000000",
        "zxcvbnm1",
    ]
)
# What an unknown name is compared with, so that the answer takes as long as for a known one.
_DUMMY: list[str] = []


def hash_password(password: str) -> str:
    return make_password(password)


def is_password(password: str, encoded: str | None) -> bool:
    """Whether it fits; takes as long for no account (None) as for one."""
    if encoded is None:
        if not _DUMMY:
            _DUMMY.append(make_password("nobody's password"))
        check_password(password, _DUMMY[0])
        return False
    return check_password(password, encoded)


def remembered(present: str, former: list[str], *, on: date) -> list[str]:
    """The encoded passwords that may not come again, the present one first, as many as the rule
    says."""
    return [present, *former][: rule("passwords", on=on).parameters["history"]]


def first_password() -> str:
    """One to hand over on paper: four groups without characters that look like others."""
    while True:
        groups = ["".join(secrets.choice(_READABLE) for _n in range(4)) for _group in range(4)]
        made = "-".join(groups)
        if all(any(map(kind, made)) for kind in (str.islower, str.isupper, str.isdigit)):
            return made


def check_new_password(
    password: str,
    *,
    username: str,
    is_officer: bool,
    former: list[str],
    on: date,
    field: str = "password",
) -> None:
    """By the rule of a day; `former` are the encoded ones that count.

    Raises: PasswordWeak (422) saying what is missing.
    """
    who = "officer" if is_officer else "person"
    numbers = rule("passwords", on=on).parameters
    least, needed = numbers[f"{who}.length"], numbers[f"{who}.kinds"]
    classes = sum(
        any(test(character) for character in password)
        for test in (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    )
    message = ""
    if not least <= len(password) <= LENGTH_MAX:
        message = _("Use at least %(least)s characters.") % {"least": least}
    elif classes < needed:
        message = _("Use at least %(needed)s of: small letters, capitals, digits, other signs.") % {
            "needed": needed
        }
    elif password.lower() in _COMMON or len(set(password)) < 5:
        message = _("This password is among the first anyone would try.")
    elif len(username) >= 4 and username.lower() in password.lower():
        message = _("Do not use your sign-in name in the password.")
    elif any(check_password(password, encoded) for encoded in former):
        message = _("You used this password before.")
    if message:
        raise PasswordWeak(fields=[FieldProblem(field, "weak", message)])
