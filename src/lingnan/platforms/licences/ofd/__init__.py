"""Seals on OFD packages: where their pictures stand, signing, and taking signatures apart."""

from .package import container_problems, open_package, write_package
from .reading import FoundSignature, SignedPart, find_signatures
from .signing import sign_package
from .stamps import Stamp, place_of, seal_stamps, straddling_stamps

__all__ = (
    "FoundSignature",
    "SignedPart",
    "Stamp",
    "container_problems",
    "find_signatures",
    "open_package",
    "place_of",
    "seal_stamps",
    "sign_package",
    "straddling_stamps",
    "write_package",
)
