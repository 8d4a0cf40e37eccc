"""The audit tables only grow: triggers refuse what the sealer does not do."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit record only grows: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- One change is allowed, once: the sealer fills the chain columns of a row where they are empty.
CREATE FUNCTION audit_seal_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was audit_entry := OLD;
BEGIN
    was.seal_seq := NEW.seal_seq;
    was.chain_hash := NEW.chain_hash;
    IF OLD.seal_seq IS NULL AND NEW.seal_seq IS NOT NULL AND was IS NOT DISTINCT FROM NEW THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the audit record only grows: UPDATE on audit_entry is refused'
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_entry_seal_only BEFORE UPDATE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_seal_only();
CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_block_only_grows BEFORE UPDATE OR DELETE ON audit_block
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
-- A test run empties its own database between tests; nowhere else is TRUNCATE let through.
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT WHEN (current_database() NOT LIKE 'test\\_%')
    EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_block_no_truncate BEFORE TRUNCATE ON audit_block
    FOR EACH STATEMENT WHEN (current_database() NOT LIKE 'test\\_%')
    EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_look_only_grows BEFORE UPDATE OR DELETE ON audit_look
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_look_no_truncate BEFORE TRUNCATE ON audit_look
    FOR EACH STATEMENT WHEN (current_database() NOT LIKE 'test\\_%')
    EXECUTE FUNCTION audit_refuse();
"""

BACKWARD = """
DROP TRIGGER audit_look_no_truncate ON audit_look;
DROP TRIGGER audit_look_only_grows ON audit_look;
DROP TRIGGER audit_block_no_truncate ON audit_block;
DROP TRIGGER audit_entry_no_truncate ON audit_entry;
DROP TRIGGER audit_block_only_grows ON audit_block;
DROP TRIGGER audit_entry_no_delete ON audit_entry;
DROP TRIGGER audit_entry_seal_only ON audit_entry;
DROP FUNCTION audit_seal_only();
DROP FUNCTION audit_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
