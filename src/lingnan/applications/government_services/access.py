"""The doors from an outside id to a row: find and authorise, or answer as if there were nothing."""

from uuid import UUID

from django.db.models import Q

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.prepared import Given, Prepared
from lingnan.platforms.workflow import queries as workflow

from .errors import CaseNotFound, DraftNotFound
from .models import Case, CaseMaterial, Draft, JointCase, JointChild, JointDraft, Notice
from .types import READ, SUBJECT_KIND


def own_draft(actor: Actor, draft_id: UUID, *, lock: bool = False) -> Draft:
    """A draft of the asker, for the principal he acts for now. Raises: DraftNotFound."""
    if actor.person_id is None or not actor.is_person or actor.principal is None:
        raise DraftNotFound
    rows = Draft.objects.select_for_update() if lock else Draft.objects.all()
    draft = rows.filter(
        pk=draft_id, person_id=actor.person_id, principal_id=actor.principal.id
    ).first()
    if draft is None or draft.state in (Draft.State.DISCARDED, Draft.State.EXPIRED):
        raise DraftNotFound
    if not actor.may_handle(draft.item_code):
        raise DraftNotFound
    return draft


def own_joint_draft(actor: Actor, draft_id: UUID, *, lock: bool = False) -> JointDraft:
    """A joint draft of the asker, for the principal he acts for now. Raises: DraftNotFound."""
    if actor.person_id is None or not actor.is_person or actor.principal is None:
        raise DraftNotFound
    rows = JointDraft.objects.select_for_update() if lock else JointDraft.objects.all()
    draft = rows.filter(
        pk=draft_id, person_id=actor.person_id, principal_id=actor.principal.id
    ).first()
    if draft is None or draft.state in (JointDraft.State.DISCARDED, JointDraft.State.EXPIRED):
        raise DraftNotFound
    return draft


_by_id = Prepared(Case.objects.filter(pk=Given("case")))
_of_applicant = Prepared(Case.objects.filter(pk=Given("case"), applicant_id=Given("applicant")))


def own_case(actor: Actor, case_id: UUID) -> Case:
    """A case of the principal the asker acts for, in a matter his mandate names.

    Raises: CaseNotFound.
    """
    if not actor.is_person or actor.principal is None:
        raise CaseNotFound
    applicant_id = actor.principal.id
    if actor.matter_codes is None:
        case = _of_applicant.first(case=case_id, applicant=applicant_id)
    else:
        rows = Case.objects.filter(actor.matters_q(), pk=case_id, applicant_id=applicant_id)
        case = rows.first()
    if case is None:
        raise CaseNotFound
    return case


def officer_case(actor: Actor, case_id: UUID, permission: str = READ) -> Case:
    """A case in the officer's reach.

    Reach: the receiving or deciding agency, or the region. Officers of other agencies reach a case
    when a task on it is or was theirs to do.

    Raises: CaseNotFound (not in reach), Forbidden (in reach to read, but not to do this).
    """
    case = _by_id.first(case=case_id)
    if case is None or not actor.is_officer:
        raise CaseNotFound
    if reaches(actor, case, permission):
        return case
    if reaches(actor, case, READ) or takes_part(actor, case):
        if actor.can(permission) and takes_part(actor, case):
            return case
        raise Forbidden(permission=permission)
    raise CaseNotFound


def any_case(actor: Actor, case_id: UUID) -> Case:
    """A case the asker may see, as applicant or as officer. Raises: CaseNotFound."""
    if actor.is_person:
        return own_case(actor, case_id)
    try:
        return officer_case(actor, case_id)
    except Forbidden as error:
        raise CaseNotFound from error


def own_joint_case(actor: Actor, joint_case_id: UUID) -> JointCase:
    """A joint case of the principal, or one in an officer's reach. Raises: CaseNotFound."""
    joint = JointCase.objects.filter(pk=joint_case_id).first()
    if joint is None:
        raise CaseNotFound
    if actor.is_person and actor.principal and actor.principal.id == joint.applicant_id:
        codes = JointChild.objects.filter(joint=joint).values_list("item_code", flat=True)
        if all(map(actor.may_handle, codes)):
            return joint
    if actor.is_officer and actor.can(READ, region_path=joint.region_path):
        return joint
    raise CaseNotFound


def notice(actor: Actor, notice_id: UUID) -> Notice:
    """A notice of a case the asker may see. Raises: CaseNotFound."""
    row = Notice.objects.filter(pk=notice_id).first()
    if row is None:
        raise CaseNotFound
    any_case(actor, row.case_id)
    return row


def material(actor: Actor, case_id: UUID, material_id: UUID) -> CaseMaterial:
    """A material of a case the asker may see. Raises: CaseNotFound."""
    case = any_case(actor, case_id)
    row = CaseMaterial.objects.filter(pk=material_id, case=case).first()
    if row is None:
        raise CaseNotFound
    return row


def reaches(actor: Actor, case: Case, permission: str) -> bool:
    """Whether the officer's grants reach the case by agency or region."""
    return actor.can(
        permission, agency_id=case.deciding_agency_id, region_path=case.region_path
    ) or actor.can(permission, agency_id=case.receiving_agency_id, region_path=case.region_path)


def takes_part(actor: Actor, case: Case) -> bool:
    """Whether a task of the case is or was this officer's or his agency's to do."""
    if actor.agency_id is None:
        return False
    return workflow.takes_part(actor, subject_kind=SUBJECT_KIND, subject_id=case.pk)


def in_reach(actor: Actor, permission: str = READ) -> Q:
    """The condition for lists of cases an officer may see.

    Region reach of one or two divisions below the province becomes equality on an indexed column.
    """
    reach = actor.reach(permission)
    if "" in reach.region_paths:
        return Q()
    if reach.is_empty:
        return Q(pk__in=[])
    condition = Q()
    if reach.agency_ids:
        agencies = sorted(reach.agency_ids)
        condition |= Q(receiving_agency_id__in=agencies) | Q(deciding_agency_id__in=agencies)
    for path in sorted(reach.region_paths):
        parts = path.strip("/").split("/")
        if len(parts) == 2:
            condition |= Q(region_2=parts[1])
        elif len(parts) == 3:
            condition |= Q(region_3=parts[2])
        elif len(parts) > 3:
            condition |= Q(region_3=parts[2], region_path__startswith=path)
        else:
            condition |= Q(region_path__startswith=path)
    return condition


def can_read_draft_file(actor: Actor, draft_id: UUID) -> bool:
    """Files of a draft: its person's, acting for the same; once handed in, whoever may see the
    case.
    """
    try:
        own_draft(actor, draft_id)
    except DraftNotFound:
        pass
    else:
        return True
    case_id = Case.objects.filter(draft_id=draft_id).values_list("pk", flat=True).first()
    return case_id is not None and can_read_case_file(actor, case_id)


def can_read_case_file(actor: Actor, case_id: UUID) -> bool:
    """Notices and materials of a case: whoever may see the case."""
    try:
        any_case(actor, case_id)
    except CaseNotFound:
        return False
    return True


def can_read_upload(actor: Actor, account_id: UUID) -> bool:
    """Files uploaded ahead of a case: the account that uploaded them."""
    return actor.account_id is not None and actor.account_id == account_id
