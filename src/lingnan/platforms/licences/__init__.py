"""Licences: electronic licences and the seals on them (电子证照, 电子印章).

Plan 五（二）; GB/T 36901-36906, GB/T 36904 (identifier), GB/T 38540 (seals). A licence *is* its
sealed payload: canonical JSON signed with SM2 by the issuing agency's seal key. What is shown,
searched or printed is derived from it; the PDF and OFD faces are rendered after the issue, by a
job, or when first asked for. A change of a licence keeps its serial and raises its version.

Owns: StockEntry, LicenceType, TypeDraft, TypeStep, Licence, LicenceFace, StatusChange, LicenceUse,
SerialCounter, Batch, BatchRow, Presentation, Consent; CredentialOffer, Credential, StatusList,
SpentNonce, PresentationRequest (`credentials/`: the same licence in a wallet of the holder's
choice); Seal, SealApplication, SealChange, SealRequest, SealUse.
The seals are made by software keys of a test authority and say so on their face; a certified device
comes in through the port of `security.crypto`.
"""
