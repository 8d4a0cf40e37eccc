"""Signatures inside PDF: a PAdES signature the world reads, and a national one beside it.

Both stand in one file, each an incremental update: first SM2 with SM3 under the agency's seal key
(SubFilter `/Lingnan.SM2.detached`: a CMS SignedData, RFC 5652, with the national object
identifiers, detached over the byte range as in ISO 32000-2, 12.8), then PAdES B-B (SubFilter
`/ETSI.CAdES.detached`, ETSI EN 319 142-1) on P-256 over everything, the first one included.
"""

from .reading import FoundPdfSignature, find_pdf_signatures
from .signing import SUBFILTER_SM2, sign_pdf

__all__ = ("SUBFILTER_SM2", "FoundPdfSignature", "find_pdf_signatures", "sign_pdf")
