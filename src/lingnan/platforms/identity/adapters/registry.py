"""The ways that need someone outside, as this installation is configured."""

from collections.abc import Callable, Mapping

from django.conf import settings

from .bank_card import BankCard
from .base import ProofMethod
from .elsewhere import ELicence, Face
from .legal_representative import LegalRepresentative
from .population import Population
from .wire import GatewayClient

_Made = Callable[..., ProofMethod]
_CLASSES: Mapping[str, _Made] = {
    "population": Population,
    "bank_card": BankCard,
    "face": Face,
    "e_licence": ELicence,
    "legal_representative": LegalRepresentative,
}


def outside_methods() -> tuple[ProofMethod, ...]:
    """Those that are configured; in production nothing is offered that is not."""
    config = settings.LINGNAN
    if not config.identity_url:
        return ()
    gateway = GatewayClient(url=config.identity_url, secret=config.identity_secret)
    is_test = not config.production
    offered = config.identity_proofs.replace(",", " ").split()
    made = {code: make(gateway, is_test=is_test) for code, make in _CLASSES.items()}
    return tuple(method for code, method in made.items() if code in offered)
