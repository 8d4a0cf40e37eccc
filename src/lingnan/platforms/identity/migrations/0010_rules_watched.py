"""Processes hold the rules in force (`kernel.held`): triggers tell them of changes."""

from django.db import migrations

from lingnan.kernel.held import watching


class Migration(migrations.Migration):
    dependencies = [("identity", "0009_phone_changed_at"), ("kernel", "0003_table_revision")]
    operations = [migrations.RunSQL(*watching("identity_rules", "identity_rule"))]
