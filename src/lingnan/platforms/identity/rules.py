"""The numbers identity goes by, as the product ships them: version 0 of each rule.

A rule is a flat set of whole numbers with bounds; a later version is a row of `Rule`. Every number
here is a parameter of the installation: the levels follow the usual real-name grades of government
portals, the rest GB/T 22239-2019 8.1.4.1 where it says a number and our default where not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedRule:
    """One rule: its numbers, and the least and most each may be."""

    code: str
    name: Promise
    parameters: Mapping[str, int]
    bounds: Mapping[str, tuple[int, int]]

    def bounds_of(self, key: str) -> tuple[int, int]:
        """Of the key itself, or of its last part ("face.level" -> "level")."""
        return self.bounds.get(key) or self.bounds[key.rpartition(".")[2]]


ASSURANCE = ShippedRule(
    code="assurance",
    name=_("What each proof is worth"),
    # level: of the evidence (upstream: at most, the provider says which);
    # days: it lasts (0: for good); session: of a session shown this way
    parameters={
        "password.session": 2,
        "totp.session": 3,
        "sms_code.session": 3,
        "passkey.session": 3,
        "population.level": 2,
        "population.days": 1825,
        "bank_card.level": 3,
        "bank_card.days": 365,
        "face.level": 3,
        "face.days": 365,
        "face.session": 3,
        "sm2_certificate.level": 4,
        "sm2_certificate.days": 365,
        "sm2_certificate.session": 4,
        "window.level": 4,
        "window.days": 3650,
        "upstream.level": 3,
        "upstream.days": 365,
        "upstream.session": 2,
        "wechat.session": 2,
        "alipay.session": 2,
        "register.level": 4,
        "register.days": 0,
        "legal_representative.level": 3,
        "legal_representative.days": 365,
        "e_licence.level": 4,
        "e_licence.days": 365,
    },
    bounds={"level": (1, 4), "session": (0, 4), "days": (0, 36500)},
)
MATTERS = ShippedRule(
    code="matters",
    name=_("The level a matter demands unless its list says another"),
    parameters={"default": 2},
    bounds={"default": (1, 4)},
)
SESSIONS = ShippedRule(
    code="sessions",
    name=_("How long a session lasts"),
    parameters={
        "person.idle_minutes": 30,
        "person.hours": 12,
        "officer.idle_minutes": 30,
        "officer.hours": 12,
    },
    bounds={"idle_minutes": (15, 30), "hours": (1, 24)},
)
CODES = ShippedRule(
    code="codes",
    name=_("Codes by text message and attempts at a proof"),
    parameters={
        "minutes": 5,
        "tries": 5,
        "an_hour": 10,
        "proof_minutes": 15,
        "fresh_minutes": 15,
        "passkeys_an_hour": 120,
    },
    # fresh_minutes: since the sign-in, where a key or another account is added;
    # passkeys_an_hour: sign-ins begun with one from one address, which a hall can share
    bounds={
        "minutes": (1, 15),
        "tries": (1, 10),
        "an_hour": (3, 60),
        "proof_minutes": (5, 60),
        "fresh_minutes": (5, 60),
        "passkeys_an_hour": (10, 10_000),
    },
)
CERTIFICATES = ShippedRule(
    code="certificates",
    name=_("What an SM2 certificate has to carry of its holder"),
    # 1: the subject has to agree with the person on record in this, 0: not
    parameters={"name": 1, "number": 1},
    bounds={"name": (0, 1), "number": (0, 1)},
)
PASSWORDS = ShippedRule(
    code="passwords",
    name=_("What a password must be, and how long it serves"),
    parameters={
        "person.length": 8,
        "person.kinds": 2,
        "officer.length": 10,
        "officer.kinds": 3,
        "officer.days": 90,
        "history": 5,
    },
    # kinds: of small letters, capitals, digits, other signs; days: until it has to be changed
    bounds={"length": (8, 64), "kinds": (1, 4), "days": (30, 365), "history": (1, 24)},
)
LOCKOUT = ShippedRule(
    code="lockout",
    name=_("When a name or an address rests after failures"),
    parameters={
        "account.tries": 5,
        "address.tries": 30,
        "register.tries": 10,
        "device.tries": 10,
        "window.tries": 20,
        "minutes": 10,
    },
    # address: a whole service hall can share one
    bounds={"account.tries": (3, 10), "tries": (5, 1000), "minutes": (10, 1440)},
)
SHIPPED: Mapping[str, ShippedRule] = {
    rule.code: rule
    for rule in (ASSURANCE, MATTERS, SESSIONS, CODES, CERTIFICATES, PASSWORDS, LOCKOUT)
}
