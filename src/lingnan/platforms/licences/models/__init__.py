"""The tables of licences."""

from .batch import Batch, BatchRow
from .catalogue import LicenceType, SerialCounter
from .licence import Licence, LicenceFace, StatusChange
from .seal import Seal
from .use import LicenceUse

__all__ = [
    "Batch",
    "BatchRow",
    "Licence",
    "LicenceFace",
    "LicenceType",
    "LicenceUse",
    "Seal",
    "SerialCounter",
    "StatusChange",
]
