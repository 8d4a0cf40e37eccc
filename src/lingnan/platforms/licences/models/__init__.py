"""The tables of licences."""

from .catalogue import LicenceType, SerialCounter
from .licence import Licence, LicenceFace, StatusChange
from .seal import Seal
from .use import LicenceUse

__all__ = [
    "Licence",
    "LicenceFace",
    "LicenceType",
    "LicenceUse",
    "Seal",
    "SerialCounter",
    "StatusChange",
]
