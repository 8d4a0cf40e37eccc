"""Revisions of sets of tables, written by triggers: see `kernel.held`."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION kernel_table_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kernel_tablerevision (name, revision) VALUES (TG_ARGV[0], gen_random_uuid())
        ON CONFLICT (name) DO UPDATE SET revision = excluded.revision;
    RETURN NULL;
END $$;
"""
BACKWARD = "DROP FUNCTION kernel_table_changed();"


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
