"""Acceptance looks at the applicant's credit standing; own licences are disclosed."""

from datetime import UTC, datetime

import pytest

from lingnan.kernel.testing import deliver_all
from lingnan.platforms.credit import queries as credit
from lingnan.platforms.credit import testing as credit_testing
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.testing import client_for
from lingnan.security.audit.models import Entry

from .. import services
from ..testing import make_case, make_granted_case, make_setting

pytestmark = pytest.mark.django_db
AT = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)


def test_the_officer_sees_what_applies_and_the_applicant_sees_who_looked() -> None:
    setting = make_setting()
    assert setting.applicant.person_id is not None
    person = identity.person(setting.applicant.person_id)
    source = credit_testing.make_source(agency_id=setting.agency_id)
    row = credit_testing.person_row(
        source, name=person.name, number=person.document_number, CF_NR_FK="2"
    )
    record = credit_testing.deliver(source, row)
    case = make_case(setting, at=AT)
    page = client_for(setting.clerk).get(f"/desk/cases/{case.pk}/").content.decode()
    assert "申请人信用状况" in page and "有效失信记录 1 条" in page
    own = client_for(setting.applicant)
    assert "申请人信用状况" not in own.get(f"/cases/{case.pk}/").content.decode()
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    views = credit.archive_views(record.subject).items
    assert [view.reference for view in views] == [case.number]
    assert case.number in own.get("/credit/mine/views/").content.decode()
    entry = Entry.objects.get(act="government_services.credit_checked")
    assert entry.object_id == str(case.pk)


def test_an_applicant_without_an_archive_is_no_obstacle() -> None:
    setting = make_setting()
    case = make_case(setting, at=AT)
    page = client_for(setting.clerk).get(f"/desk/cases/{case.pk}/").content.decode()
    assert "申请人信用状况" not in page
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    assert not Entry.objects.filter(act="government_services.credit_checked").exists()


def test_a_licence_issued_in_a_case_is_disclosed_once_where_a_source_is_registered() -> None:
    setting = make_setting()
    credit_testing.make_source("licence", agency_id=setting.agency_id)
    case = make_granted_case(setting, at=AT)
    deliver_all()
    found = credit.decisions(on=AT.date(), kind="licence", number=case.number).items
    assert len(found) == 1
    assert (found[0].is_person, found[0].version, found[0].is_late) == (True, 1, False)
    shown = credit.shown_record(found[0])
    assert setting.applicant.name not in shown.subject_name
