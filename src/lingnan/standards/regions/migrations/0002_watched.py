"""Processes hold values of these tables (`kernel.held`): triggers tell them of changes."""

from django.db import migrations

from lingnan.kernel.held import watching


class Migration(migrations.Migration):
    dependencies = [("regions", "0001_initial"), ("kernel", "0002_table_revision")]
    operations = [
        migrations.RunSQL(
            *watching("regions", "regions_region")
        )
    ]
