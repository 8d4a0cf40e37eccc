"""Organisations of a register are proven; credentials made before keep what they were worth."""

from django.db import migrations
from django.db.models import F
from django.utils import timezone


def fill(apps, schema_editor):
    evidence = apps.get_model("identity", "AssuranceEvidence")
    firms = apps.get_model("identity", "Organisation").objects.filter(source="register")
    evidence.objects.bulk_create(
        [
            evidence(
                person_id=firm.legal_representative_id,
                organisation_id=firm.pk,
                kind="register",
                adapter="register",
                level=4,
                outcome="passed",
                obtained_at=timezone.now(),
            )
            for firm in firms.only("id", "legal_representative_id").iterator()
        ],
        batch_size=1000,
    )
    for name in ("Session", "ApiToken"):
        rows = apps.get_model("identity", name).objects.filter(ended_at=None)
        rows.filter(second_factor=True).update(level=3, methods=["password", "totp"])
        rows.filter(second_factor=False).update(level=2, methods=["password"])
    apps.get_model("identity", "Account").objects.update(version=F("version") + 1)


def clear(apps, schema_editor):
    apps.get_model("identity", "AssuranceEvidence").objects.filter(adapter="register").delete()


class Migration(migrations.Migration):
    dependencies = [("identity", "0007_assurance")]

    operations = [migrations.RunPython(fill, clear)]
