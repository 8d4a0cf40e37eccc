"""Who an applicant of other modules is to the double publicity."""

from uuid import UUID

from lingnan.kernel.errors import NotFound
from lingnan.platforms.identity import queries as identity
from lingnan.standards.codes.types import DocumentType, Domain, document_types

from ..types import Counterparty, SubjectKind


def party_of(kind: str, holder_id: UUID) -> Counterparty | None:
    """A person or firm of identity; None where the national columns cannot carry its number."""
    if kind == "person":
        person = identity.person(holder_id)
        try:
            document_types.code_in(Domain.DOUBLE_PUBLICITY, DocumentType(person.document_type))
        except NotFound:
            return None
        return Counterparty(
            kind=SubjectKind.PERSON,
            name=person.name,
            document_type=person.document_type,
            document_number=person.document_number,
        )
    firm = identity.organisation(holder_id)
    if not firm.uscc:
        return None
    is_business = firm.uscc.startswith("92")
    return Counterparty(
        kind=SubjectKind.BUSINESS if is_business else SubjectKind.ORGANISATION,
        name=firm.name,
        uscc=firm.uscc,
        legal_representative=firm.legal_representative_name,
    )
