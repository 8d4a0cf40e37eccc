"""P-256 certificates beside the national ones: chain, revocation, and openssl's own judgement."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from django.test import Client

from lingnan.kernel import clock

from .. import services
from ..errors import KeyUnusable
from ..models import Certificate
from ..types import IssuedCertificate

pytestmark = pytest.mark.django_db


def issue(purpose: str = "test.p256") -> IssuedCertificate:
    return services.ensure_p256_certificate(
        purpose=purpose, common_name="测试签发", organisation="测试", at=clock.now()
    )


def test_one_certificate_serves_its_purpose_until_a_year_before_its_end() -> None:
    first = issue()
    assert issue().serial_number == first.serial_number
    assert issue("test.other").serial_number != first.serial_number
    later = services.ensure_p256_certificate(
        purpose="test.p256",
        common_name="测试签发",
        organisation="测试",
        at=clock.now() + timedelta(days=2 * 365 + 2),
    )
    assert later.serial_number != first.serial_number
    assert services.p256_certificates("test.p256") == [later.der, first.der]
    assert Certificate.objects.filter(role="root", algorithm="es256").count() == 1


def test_a_signature_holds_under_the_certificate_and_no_other_kind_of_key_signs() -> None:
    issued = issue()
    signature = services.sign_p256(b"message", key_id=issued.key_id)
    key = x509.load_der_x509_certificate(issued.der).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(signature, b"message", ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(signature)
    assert services.raw_signature(signature) == r.to_bytes(32, "big") + s.to_bytes(32, "big")
    with pytest.raises(KeyUnusable):
        services.sign(b"message", key_id=issued.key_id)
    pair = services.generate_signing_key(purpose="test.sm2")
    with pytest.raises(KeyUnusable):
        services.sign_p256(b"message", key_id=pair.key_id)


def test_the_chain_is_checked_to_our_root_as_of_an_instant() -> None:
    issued, now = issue(), clock.now()
    assert services.check_p256_certificate(issued.der, at=now).is_trusted
    early = services.check_p256_certificate(issued.der, at=now - timedelta(days=1))
    assert "not_yet_valid" in early.problems
    late = services.check_p256_certificate(issued.der, at=now + timedelta(days=4 * 365))
    assert "expired" in late.problems
    broken = bytearray(issued.der)
    broken[-1] ^= 1
    assert services.check_p256_certificate(bytes(broken), at=now).problems == ("bad_signature",)
    assert services.check_p256_certificate(b"no", at=now).problems == ("malformed",)
    Certificate.objects.filter(role="root", algorithm="es256").update(algorithm="sm2")
    stranger = services.check_p256_certificate(issued.der, at=now)
    assert stranger.problems == ("unknown_issuer",)


def test_a_revoked_one_is_told_here_and_on_the_list_it_names(tmp_path: Path) -> None:
    issued, now = issue(), clock.now()
    parsed = x509.load_der_x509_certificate(issued.der)
    points = parsed.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert points[0].full_name is not None
    (name,) = points[0].full_name
    path = name.value[name.value.index("/pki/") :]
    assert list(x509.load_der_x509_crl(Client().get(path).content)) == []
    services.revoke_certificate(certificate_id=issued.certificate_id, at=now)
    report = services.check_p256_certificate(issued.der, at=now)
    assert report.problems == ("revoked",)
    listed = x509.load_der_x509_crl(Client().get(path).content)
    assert [row.serial_number for row in listed] == [parsed.serial_number]
    assert issue().serial_number != issued.serial_number
    root = services.p256_root_of(issued.der)
    assert root is not None
    files = {"root.pem": root, "leaf.pem": issued.der}
    for file, der in files.items():
        (tmp_path / file).write_bytes(services.to_pem(der))
    done = subprocess.run(
        ["openssl", "verify", "-CAfile", "root.pem", "leaf.pem"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
