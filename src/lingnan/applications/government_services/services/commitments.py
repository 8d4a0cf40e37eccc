"""Commitments in place of a material (告知承诺制): who may, where they are kept, how they end.

The words stand in the pinned version of the item. At acceptance they go into the applicant's
credit archive, where the deciding agency checks them; a case that ends without a grant frees them.
Source: 国办发〔2020〕42号; Plan 五（四）2（3）.
"""

from datetime import datetime, timedelta
from uuid import UUID

from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.text import DEFAULT_LANGUAGE, localise
from lingnan.platforms.credit import queries as credit
from lingnan.platforms.credit import services as credit_services
from lingnan.platforms.identity import queries as identity
from lingnan.standards.matters import queries as matters
from lingnan.standards.matters.types import CommitmentOffer, Item, Material

from ..errors import CommitmentBarred
from ..models import Case, CaseMaterial
from ..types import SUBJECT_KIND, Result


def check_free(kind: str, principal_id: UUID, *, at: datetime) -> None:
    """Raises: CommitmentBarred (409) for whoever broke one or stands on a roster of restraint."""
    bars = credit.commitment_bars(kind, principal_id, on=local_date(at))
    if bars:
        raise CommitmentBarred(reasons=" ".join(bars))


def offer_of(row: CaseMaterial) -> CommitmentOffer | None:
    """What was promised in the place of a material of a case; None where a thing was handed in."""
    if row.kind != CaseMaterial.Kind.COMMITMENT:
        return None
    return offer_for(matters.item_version(row.case.item_version_id), row.code)


def offer_for(item: Item, code: str) -> CommitmentOffer | None:
    """What a version of an item lets one promise in the place of a material."""
    material = item.material(code)
    return material.commitment if material else None


def archive(case: Case, *, actor: Actor, at: datetime) -> None:
    """Keep the commitments of a case in the applicant's archive. Again changes nothing."""
    rows = case.materials.filter(kind=CaseMaterial.Kind.COMMITMENT)
    rows = rows.exclude(state=CaseMaterial.State.REPLACED)
    for row in rows.select_related("case"):
        offer = offer_of(row)
        if offer is None:
            continue
        credit_services.keep_commitment(
            actor=actor,
            holder_kind=case.applicant_kind,
            holder_id=case.applicant_id,
            agency_id=case.deciding_agency_id,
            part=row.code,
            title=f"告知承诺：{localise(row.name, DEFAULT_LANGUAGE)}",
            text=localise(offer.text, DEFAULT_LANGUAGE),
            text_version=offer.version,
            case_kind=SUBJECT_KIND,
            case_id=case.pk,
            case_number=case.number,
            check_due_on=local_date(at) + timedelta(days=offer.check_days),
            made_by=_signer(case),
            made_at=case.submitted_at,
            at=at,
        )


def free(case_id: UUID, *, result: str, at: datetime) -> None:
    """A case ended: without a grant nothing that was promised in it is checked any more."""
    if result != Result.GRANTED:
        credit_services.void_commitments(
            actor=system_actor("government_services"),
            case_kind=SUBJECT_KIND,
            case_id=case_id,
            at=at,
        )


def words(material: Material) -> str:
    """What is promised, for a page."""
    return localise(material.commitment.text) if material.commitment else ""


def _signer(case: Case) -> str:
    """Who signed in and promised: the applicant himself, or whoever acted for him."""
    if case.submitter_person_id is None:
        return case.applicant_name
    return identity.person(case.submitter_person_id).name
