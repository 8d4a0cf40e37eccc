"""One person has one place in an agency, with however many accounts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0002_officer_person")]

    operations = [
        migrations.AddConstraint(
            model_name="officer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("active", True), ("person__isnull", False)),
                fields=("person", "agency"),
                name="officer_once_per_person_and_agency",
            ),
        ),
    ]
