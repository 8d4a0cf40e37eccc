"""Renewal, revocation lists and time stamps of the test authority."""

from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from lingnan.kernel import clock

from .. import services, x509
from ..adapters.registry import provider
from ..errors import AuthorityRefused, RevocationListUnknown
from ..models import Certificate, RevocationList
from ..revocation import read_revocations
from ..testing import signer

pytestmark = pytest.mark.django_db


def test_a_renewed_authority_keeps_what_the_old_one_signed_good() -> None:
    before = signer("续期前")
    services.renew_intermediate(at=clock.now())
    after = signer("续期后")
    now = clock.now()
    assert services.check_certificate(before.der, at=now).is_trusted
    assert services.check_certificate(after.der, at=now).is_trusted
    first, second = services.issuers_of(before.der)[0], services.issuers_of(after.der)[0]
    assert first != second
    assert services.issuers_of(before.der)[1] == services.issuers_of(after.der)[1]
    assert Certificate.objects.filter(role="intermediate", superseded_at=None).count() == 1


def _issuer(certificate_id: UUID) -> Certificate:
    issuer = Certificate.objects.get(pk=certificate_id).issuer
    assert issuer is not None
    return issuer


def test_a_revocation_stands_on_the_next_list_at_the_address_the_certificate_names() -> None:
    issued, now = signer(), clock.now()
    issuer = _issuer(issued.certificate_id)
    (point,) = x509.load(issued.der).crl_distribution_points
    path = point.url[point.url.index("/pki/") :]
    answer = Client().get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pkix-crl")
    assert read_revocations(answer.content).revoked == {}
    assert Client().get(path).content == answer.content  # still fresh, not signed again
    services.revoke_certificate(
        certificate_id=issued.certificate_id, at=now, reason="key_compromise"
    )
    facts = read_revocations(Client().get(path).content)
    assert facts.number == 2
    assert facts.revoked[issued.serial_number][1] == "key_compromise"
    assert facts.next_update > now
    assert issuer.subject == facts.issuer
    assert Client().get("/pki/00.crl").status_code == 404


def test_lists_are_signed_by_their_authority_and_made_anew_when_old() -> None:
    issued, now = signer(), clock.now()
    issuer = _issuer(issued.certificate_id)
    assert services.publish_revocations(at=now) == 2  # root and operating authority
    assert services.publish_revocations(at=now) == 0
    assert services.publish_revocations(at=now + timedelta(days=2)) == 2
    row = RevocationList.objects.filter(issuer=issuer).order_by("-number").first()
    assert row is not None
    from_der = x509.revocations(bytes(row.der))
    point = bytes(issuer.key.public_point)
    assert provider().sm2_verify(
        point, from_der["tbs_cert_list"].dump(), from_der["signature"].native
    )


def test_a_reason_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="boredom"):
        services.revoke_certificate(
            certificate_id=signer().certificate_id, at=clock.now(), reason="boredom"
        )


def test_a_time_stamp_proves_its_instant_and_nothing_else() -> None:
    now = clock.now()
    token = services.make_timestamp(b"a signature", at=now)
    report = services.check_timestamp(token, data=b"a signature")
    assert report.problems == ()
    assert report.stamped_at == now.replace(microsecond=0)
    assert "测试" in report.authority
    assert services.check_timestamp(token, data=b"another").problems == ("other_data",)
    assert services.check_timestamp(b"rubbish", data=b"x").problems == ("malformed",)
    assert services.check_timestamp(b"", data=b"x").problems == ("malformed",)


def test_one_changed_byte_of_a_time_stamp_is_found() -> None:
    token = services.make_timestamp(b"x", at=clock.now())
    for place in range(0, len(token), 37):
        changed = token[:place] + bytes([token[place] ^ 1]) + token[place + 1 :]
        assert services.check_timestamp(changed, data=b"x").problems, place


def test_only_a_time_stamp_certificate_stamps_and_it_does_nothing_else() -> None:
    services.make_timestamp(b"x", at=clock.now())
    stamping = Certificate.objects.get(key__purpose="authority:timestamp")
    now = clock.now()
    assert services.check_certificate(bytes(stamping.der), at=now).problems == ("wrong_use",)
    assert services.check_certificate(bytes(stamping.der), at=now, for_timestamps=True).is_trusted
    other = signer()
    assert services.check_certificate(other.der, at=now, for_timestamps=True).problems == (
        "wrong_use",
    )


def test_the_ceremony_needs_two_witnesses_and_prints_fingerprints() -> None:
    with pytest.raises(CommandError):
        call_command("key_ceremony", "--witness", "甲", "--witness", "甲")
    said = StringIO()
    call_command("key_ceremony", "--witness", "甲", "--witness", "乙", stdout=said)
    old = services.authorities_in_force()
    assert all(services.sm3(der).hex() in said.getvalue() for der in old)
    call_command("key_ceremony", "--renew", "--witness", "甲", "--witness", "乙", stdout=said)
    new = services.authorities_in_force()
    assert (old[0], old[1]) != (new[0], new[1])
    assert old[0] == new[0]


def test_nothing_is_renewed_before_there_is_an_authority() -> None:
    with pytest.raises(AuthorityRefused):
        services.renew_intermediate(at=clock.now())
    assert not Certificate.objects.exists()


def test_no_list_stands_under_a_signers_number_or_none() -> None:
    issued = signer()
    number = Certificate.objects.get(pk=issued.certificate_id).serial_number
    for serial in (number, "0", "x" * 40):
        answer = Client().get(f"/pki/{serial}.crl")
        assert answer.status_code == 404
        assert RevocationListUnknown.code in answer.content.decode()
    assert not RevocationList.objects.exists()
