"""The tables of licences."""

from .batch import Batch, BatchRow
from .catalogue import LicenceType, SerialCounter
from .credential import (
    Credential,
    CredentialOffer,
    PresentationRequest,
    SpentNonce,
    StatusList,
    StatusListChange,
)
from .licence import Licence, LicenceFace, StatusChange
from .seal import Seal, SealApplication, SealChange
from .seal_use import SealRequest, SealRequestItem, SealUse
from .showing import Consent, Presentation
from .stock import StockEntry, StockTable
from .type_draft import TypeDraft, TypeStep, TypeWithdrawal
from .use import LicenceUse, VerifyCount

__all__ = [
    "Batch",
    "BatchRow",
    "Consent",
    "Credential",
    "CredentialOffer",
    "Licence",
    "LicenceFace",
    "LicenceType",
    "LicenceUse",
    "Presentation",
    "PresentationRequest",
    "Seal",
    "SealApplication",
    "SealChange",
    "SealRequest",
    "SealRequestItem",
    "SealUse",
    "SerialCounter",
    "SpentNonce",
    "StatusChange",
    "StatusList",
    "StatusListChange",
    "StockEntry",
    "StockTable",
    "TypeDraft",
    "TypeStep",
    "TypeWithdrawal",
    "VerifyCount",
]
