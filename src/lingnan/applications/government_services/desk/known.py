"""What government knows of whoever a case is for, in an officer's words."""

from uuid import UUID

from django.utils.translation import gettext as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.web.schema_forms import Prefilled
from lingnan.platforms.identity import queries as identity

from .. import services


def known_of(kind: str, applicant_id: UUID) -> dict[str, Prefilled]:
    """The values a form may take, and where each comes from. Raises: NotFound (404)."""
    found = services.prefill_of(_as_applicant(kind, applicant_id))
    return {path: Prefilled(value.value, _source(kind, path)) for path, value in found.items()}


def _source(kind: str, path: str) -> str:
    leads_firm = kind == "organisation" and path.startswith("legal_representative.")
    if leads_firm or path.startswith("organisation."):
        return _("the register of organisations")
    return _("the applicant's verified account")


def _as_applicant(kind: str, applicant_id: UUID) -> Actor:
    """The applicant as he would be signed in; a firm through its legal representative."""
    if kind == "person":
        return identity.actor_of_person(applicant_id)
    leader = identity.organisation(applicant_id).legal_representative_id
    return identity.actor_of_person(leader, organisation_id=applicant_id)
