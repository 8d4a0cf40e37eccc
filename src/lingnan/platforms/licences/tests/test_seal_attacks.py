"""GB/T 38540-2020, 7: whoever has a seal's key still proves nothing outside what the seal allows.

Each attack holds the real key of the seal and signs with it where it may not.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.models import Certificate
from lingnan.standards.agencies import queries as agencies

from .. import services
from ..document_checks import verify_document
from ..errors import SealUnavailable, SealUnusable
from ..findings import Outcome, Step, Verdict
from ..models import Licence, Seal, SealUse
from ..pdf_sealing import sign_twice
from ..services.sealing import check_usable, put_seal
from ..testing import make_agency, make_licence, make_ofd, officer_actor
from ..types import MANAGE_SEALS
from .test_originals import PDF_BYTES

Forge = Callable[[Seal, datetime], bytes]
pytestmark = pytest.mark.django_db


@pytest.fixture
def agency() -> UUID:
    return make_agency()


@pytest.fixture
def licence(agency: UUID) -> Licence:
    return make_licence(agency_id=agency)


@pytest.fixture
def seal(licence: Licence) -> Seal:
    return licence.sealed_by


@pytest.fixture
def manager(agency: UUID) -> Actor:
    return officer_actor(agency, MANAGE_SEALS)


def forged_ofd(seal: Seal, at: datetime) -> bytes:
    return put_seal(make_ofd(), seal, places=(), straddles=False, closing=True, at=at)


def forged_pdf(seal: Seal, at: datetime) -> bytes:
    return sign_twice(
        PDF_BYTES, seal=seal, agency=agencies.agency(seal.agency_id), reason="x", at=at
    )


def failed(content: bytes) -> set[tuple[Step, str]]:
    report = verify_document(content, at=clock.now())
    return {(f.step, f.reason) for f in report.all_findings if f.outcome is Outcome.FAILED}


@pytest.mark.parametrize("forge", [forged_ofd, forged_pdf])
def test_what_was_sealed_while_the_seal_was_suspended_is_never_proven(
    seal: Seal, manager: Actor, forge: Forge
) -> None:
    """Not after it is in use again either; what was sealed before and after is."""
    now = clock.now()
    stop, go = now + timedelta(minutes=5), now + timedelta(minutes=15)
    services.suspend_seal(seal_id=seal.pk, ground="停用", actor=manager, at=stop)
    services.enable_seal(seal_id=seal.pk, ground="恢复", actor=manager, at=go)
    seal.refresh_from_db()
    before = forge(seal, now)
    during = forge(seal, now + timedelta(minutes=10))
    after = forge(seal, now + timedelta(minutes=20))
    assert verify_document(before, at=go).verdict is Verdict.PROVEN
    assert verify_document(after, at=go + timedelta(hours=1)).verdict is Verdict.PROVEN
    assert (Step.SEAL_STANDING, "suspended") in failed(during)


def test_a_suspended_seal_signs_nothing_through_any_door(
    licence: Licence, seal: Seal, manager: Actor, agency: UUID
) -> None:
    services.suspend_seal(seal_id=seal.pk, ground="停用", actor=manager, at=clock.now())
    uses = SealUse.objects.count()
    doors: list[Callable[[], object]] = [
        lambda: services.seal_ofd(
            make_ofd(), agency_id=agency, purpose="x", actor=SYSTEM, at=clock.now()
        ),
        lambda: services.seal_pdf(
            PDF_BYTES, agency_id=agency, purpose="x", actor=SYSTEM, at=clock.now()
        ),
        lambda: make_licence(agency_id=agency),
        lambda: check_usable(Seal.objects.get(pk=seal.pk), at=clock.now()),
    ]
    for door in doors:
        with pytest.raises((SealUnusable, SealUnavailable)):
            door()
    assert SealUse.objects.count() == uses


@pytest.mark.parametrize("forge", [forged_ofd, forged_pdf])
def test_a_revoked_and_an_expired_signer_are_named(seal: Seal, forge: Forge) -> None:
    now = clock.now()
    before = forge(seal, now)
    late = forge(seal, now + timedelta(days=365 * 6))
    assert (Step.SIGNER_VALID, "expired") in failed(late)
    crypto.revoke_certificate(
        certificate_id=seal.certificate_id, at=now + timedelta(minutes=1), reason="superseded"
    )
    after = forge(seal, now + timedelta(minutes=2))
    assert verify_document(before, at=now + timedelta(minutes=3)).verdict is Verdict.PROVEN
    assert (Step.SIGNER_VALID, "revoked") in failed(after)
    with pytest.raises(SealUnusable):
        check_usable(seal, at=now + timedelta(minutes=2))


def test_a_seal_with_anothers_certificate_is_not_used_and_not_believed(
    seal: Seal,
) -> None:
    """Outside the list of certificates the seal itself names."""
    other = make_licence(agency_id=make_agency()).sealed_by
    seal.certificate_der, seal.key_id = bytes(other.certificate_der), other.key_id
    assert Step.SIGNER_LISTED in {step for step, _why in failed(forged_ofd(seal, clock.now()))}
    with pytest.raises(SealUnusable):
        check_usable(seal, at=clock.now())


def test_an_expired_certificate_seals_nothing(seal: Seal) -> None:
    row = Certificate.objects.get(pk=seal.certificate_id)
    assert seal.valid_until < row.not_after  # the seal ends first, so that none outlives its signer
    with pytest.raises(SealUnusable):
        check_usable(seal, at=seal.valid_until)
    Seal.objects.filter(pk=seal.pk).update(valid_until=row.not_after + timedelta(days=1))
    with pytest.raises(SealUnusable):
        check_usable(Seal.objects.get(pk=seal.pk), at=row.not_after + timedelta(seconds=1))


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_changed_byte_of_a_sealed_paper_is_found_and_named(agency: UUID, place: float) -> None:
    content = bytearray(
        services.seal_pdf(PDF_BYTES, agency_id=agency, purpose="x", actor=SYSTEM, at=clock.now())
    )
    content[int(len(PDF_BYTES) * place)] ^= 0x01
    report = verify_document(bytes(content), at=clock.now())
    found = [f for f in report.all_findings if f.outcome is not Outcome.PROVEN]
    assert report.verdict in (Verdict.FAILED, Verdict.UNSIGNED, Verdict.NOT_PROVEN)
    assert any(f.step in (Step.BYTES, Step.COVERAGE, Step.SIGNED) for f in found), found
