"""Values of identity that others may hold, and the rule that no one approves his own request."""

from enum import StrEnum


class DocumentType(StrEnum):
    """The document that says who a person is."""

    RESIDENT_ID = "resident_id"
    HK_MACAO_PASS = "hk_macao_pass"
    HK_MACAO_RESIDENCE = "hk_macao_residence"
    TAIWAN_PASS = "taiwan_pass"
    TAIWAN_RESIDENCE = "taiwan_residence"
    FOREIGN_RESIDENCE = "foreign_residence"
    PASSPORT = "passport"
