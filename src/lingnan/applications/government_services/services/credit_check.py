"""The applicant's credit standing at acceptance, and own licences into the double publicity."""

from datetime import date, datetime
from uuid import UUID

from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import NotFound
from lingnan.kernel.text import DEFAULT_LANGUAGE, localise
from lingnan.platforms.credit import queries as credit
from lingnan.platforms.credit import services as credit_services
from lingnan.platforms.credit.types import Standing
from lingnan.platforms.licences import queries as licences

from ..models import Case
from . import state


def standing_of(case: Case, *, on: date) -> Standing:
    """What applies to a case's applicant: measures, rosters, open commitments, each with its law.

    For officers; never shown to the public. Source: Plan 五（四）2（3）.
    """
    return credit.standing(case.applicant_kind, case.applicant_id, on=on)


def look_at_acceptance(case: Case, *, actor: Actor, at: datetime) -> None:
    """Whoever accepts looks at the standing: written down where the applicant can see it, and what
    applied then is kept in the audit trail of the case. Decides nothing by itself.
    """
    found = credit_services.record_check(
        actor=actor,
        kind=case.applicant_kind,
        principal_id=case.applicant_id,
        purpose="办件受理信用核查",
        reference=case.number,
        at=at,
    )
    if not found:
        return
    standing = standing_of(case, on=local_date(at))
    state.record(
        case,
        actor=actor,
        act="government_services.credit_checked",
        at=at,
        measures=[measure.code for measure in standing.measures],
        open_commitments=len(standing.commitments),
    )


def disclose_licence(*, case_id: UUID, licence_id: UUID, at: datetime) -> bool:
    """Report a licence the product issued in a case to the double publicity, from the registered
    source of the deciding agency; without one nothing is reported.

    Source: standards 6.1 (within seven working days of the decision).
    """
    case = Case.objects.get(pk=case_id)
    try:
        licence = licences.licence(licence_id, on=local_date(at))
    except NotFound:
        return False
    return credit_services.disclose_licence(
        actor=system_actor("government_services"),
        agency_id=case.deciding_agency_id,
        holder_kind=case.applicant_kind,
        holder_id=case.applicant_id,
        number=case.number,
        title=localise(licence.type_name, DEFAULT_LANGUAGE),
        licence_number=licence.number,
        decided_on=local_date(case.decided_at or at),
        valid_from=licence.valid_from,
        valid_until=licence.valid_until,
        at=at,
    )
