"""Electronic seals and signatures as DER: read versions 1, 4 and 5, write version 4."""

from .facts import SealFacts, SignatureFacts
from .reading import parse_seal, parse_signature
from .writing import build_seal, build_signature

__all__ = (
    "SealFacts",
    "SignatureFacts",
    "build_seal",
    "build_signature",
    "parse_seal",
    "parse_signature",
)
