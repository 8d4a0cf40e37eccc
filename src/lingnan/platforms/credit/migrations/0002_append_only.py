"""What a record says is never changed: only its state of publicity and use, and which is current."""

from django.db import migrations

FREE = (
    "is_current",
    "publicity",
    "publish_until",
    "in_use",
    "under_objection",
    "ended_at",
    "end_reason",
)
STRIPPED = "".join(f" - '{name}'" for name in FREE)
FORWARD = f"""
CREATE FUNCTION credit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME;
END $$;
CREATE FUNCTION credit_record_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(OLD){STRIPPED} IS DISTINCT FROM to_jsonb(NEW){STRIPPED} THEN
        RAISE EXCEPTION 'what a credit record says is never changed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credit_record_keeps BEFORE UPDATE ON credit_creditrecord
    FOR EACH ROW EXECUTE FUNCTION credit_record_keeps();
CREATE TRIGGER credit_record_no_delete BEFORE DELETE ON credit_creditrecord
    FOR EACH ROW EXECUTE FUNCTION credit_refuse_change();
CREATE TRIGGER credit_view_append_only BEFORE UPDATE OR DELETE ON credit_archiveview
    FOR EACH ROW EXECUTE FUNCTION credit_refuse_change();
"""
BACKWARD = """
DROP TRIGGER credit_view_append_only ON credit_archiveview;
DROP TRIGGER credit_record_no_delete ON credit_creditrecord;
DROP TRIGGER credit_record_keeps ON credit_creditrecord;
DROP FUNCTION credit_record_keeps();
DROP FUNCTION credit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("credit", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
