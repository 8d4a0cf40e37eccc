"""One whole case in the database of DATABASE_URL: `python -m tests.operations.one_case make|look`.

`look` prints as JSON all that must come back from a backup.
"""

import hashlib
import json
import sys
from typing import Any

import django
from django.core.management import call_command

django.setup()

from django.core import serializers  # noqa: E402

from lingnan.applications.government_services.models import Case, CaseMaterial  # noqa: E402
from lingnan.applications.government_services.testing import (  # noqa: E402
    make_granted_case,
    make_setting,
)
from lingnan.kernel import clock  # noqa: E402
from lingnan.kernel.testing import deliver_all  # noqa: E402
from lingnan.platforms.documents import queries as documents  # noqa: E402
from lingnan.platforms.documents import services as files  # noqa: E402
from lingnan.platforms.documents.models import StoredFile  # noqa: E402
from lingnan.platforms.identity import queries as identity  # noqa: E402
from lingnan.platforms.licences import queries as licences  # noqa: E402
from lingnan.platforms.licences import verification  # noqa: E402
from lingnan.security.audit import queries as audit  # noqa: E402
from lingnan.security.audit import services as audit_services  # noqa: E402


def make() -> None:
    """Tables, a matter, and a case from submission to delivery, sealed into the audit chain."""
    call_command("migrate", verbosity=0, interactive=False)
    make_granted_case(make_setting())
    deliver_all()
    audit_services.seal_entries(at=clock.now())


def look() -> dict[str, Any]:
    """Rows, bytes, signatures and ciphertexts, each read through the product."""
    case = Case.objects.get()
    assert case.licence_id is not None
    licence = licences.licence(case.licence_id)
    contents = {}
    for stored in StoredFile.objects.order_by("id"):
        with files.open_file(stored.pk) as stream:
            contents[str(stored.pk)] = hashlib.sha256(stream.read()).hexdigest()
    assert contents
    assert {str(row.file_id) for row in CaseMaterial.objects.all()} <= contents.keys()
    verdict = audit.verify_chain()
    verified = verification.verify_identifier(licence.identifier, at=clock.now())
    return {
        "case": json.loads(serializers.serialize("json", [case])),
        "applicant": identity.person(case.applicant_id).document_number,
        "file_count": len(documents.files(StoredFile.objects.values_list("pk", flat=True))),
        "files": contents,
        "licence": licence.identifier,
        "licence_fields": dict(licence.fields),
        "licence_proven": verified.proven,
        "audit_sound": verdict.is_sound,
        "audit_sealed": verdict.sealed,
        "anchored_to": verdict.anchored_to,
    }


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make()
    json.dump(look(), sys.stdout, ensure_ascii=False, default=str)
