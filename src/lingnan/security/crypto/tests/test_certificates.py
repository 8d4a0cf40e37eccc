"""The test authority: chains that hold, and each way in which one does not."""

from datetime import timedelta

import pytest

from lingnan.kernel import clock
from lingnan.kernel.testing import race

from .. import services, x509
from ..adapters.registry import provider
from ..errors import CertificateUnreadable
from ..models import Certificate
from ..testing import signer

pytestmark = pytest.mark.django_db


def test_issued_certificate_is_trusted_now_and_marked_as_test() -> None:
    issued = signer()
    report = services.check_certificate(issued.der, at=clock.now())
    assert report.is_trusted, report
    facts = services.read_certificate(x509.to_pem(issued.der))
    assert "测试" in facts.issuer
    assert not facts.is_authority
    assert facts.public_point == bytes(
        Certificate.objects.get(pk=issued.certificate_id).key.public_point
    )


def test_dates_and_revocation_count_at_the_instant_asked_about() -> None:
    issued, now = signer(), clock.now()
    long_ago, far = now - timedelta(days=400), now + timedelta(days=365 * 6)
    assert "not_yet_valid" in services.check_certificate(issued.der, at=long_ago).problems
    assert "expired" in services.check_certificate(issued.der, at=far).problems
    services.revoke_certificate(certificate_id=issued.certificate_id, at=now)
    assert services.check_certificate(issued.der, at=now).problems == ("revoked",)
    assert services.check_certificate(issued.der, at=now - timedelta(seconds=1)).is_trusted


def test_an_authority_revoked_later_leaves_its_signers_only_what_a_stamp_proves() -> None:
    issued, now = signer(), clock.now()
    later = now + timedelta(hours=1)
    authority = Certificate.objects.get(role="intermediate")
    services.revoke_certificate(certificate_id=authority.pk, at=later)
    report = services.check_certificate(issued.der, at=now)
    assert (report.is_trusted, report.revoked_at, report.key_lost) == (True, later, False)
    assert report.may_be_after_revocation(None)
    assert report.may_be_after_revocation(later)
    assert not report.may_be_after_revocation(now)
    assert services.check_certificate(issued.der, at=later).problems == ("revoked",)


def test_forged_and_foreign_certificates_are_told_apart() -> None:
    issued = signer()
    parsed = x509.load(issued.der)
    handle, point = provider().sm2_generate()
    common = {
        "subject": x509.name_of("伪造", "伪造"),
        "public_point": point,
        "issuer_point": point,
        "serial_number": 99,
        "not_before": clock.now() - timedelta(days=1),
        "not_after": clock.now() + timedelta(days=1),
        "is_authority": False,
        "path_length": None,
        "key_identifier": lambda key: key[:20],
        "sign": lambda data: provider().sm2_sign(handle, data),
    }
    forged = x509.build_certificate(issuer=parsed.issuer, **common)
    assert services.check_certificate(forged, at=clock.now()).problems == ("bad_signature",)
    foreign = x509.build_certificate(issuer=x509.name_of("他家 CA", "他家"), **common)
    assert services.check_certificate(foreign, at=clock.now()).problems == ("unknown_issuer",)
    assert services.check_certificate(b"rubbish", at=clock.now()).problems == ("malformed",)
    with pytest.raises(CertificateUnreadable):
        services.read_certificate(issued.der[:-3])


@pytest.mark.django_db(transaction=True)
def test_the_authority_is_made_once() -> None:
    race([lambda: services.ensure_test_authority(at=clock.now())] * 3)
    assert Certificate.objects.filter(role="root").count() == 1
    assert Certificate.objects.filter(role="intermediate").count() == 1
