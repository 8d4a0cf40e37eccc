"""Which provider this installation uses (`LINGNAN_CRYPTO_PROVIDER`, software by default)."""

from functools import cache

from django.conf import settings

from lingnan.kernel.errors import UnusableFile

from .base import Provider
from .software import SoftwareProvider

_PROVIDERS = {SoftwareProvider.name: SoftwareProvider}


@cache
def provider() -> Provider:
    """The configured provider, made once."""
    name = getattr(settings.LINGNAN, "crypto_provider", SoftwareProvider.name)
    if name not in _PROVIDERS:
        raise UnusableFile(
            f"There is no cryptographic provider {name!r}; known: {', '.join(_PROVIDERS)}."
        )
    return _PROVIDERS[name]()
