import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models


# Whatever moves the standing of a credential says so for its list: nobody can forget to.
MARK = """
CREATE FUNCTION licences_mark_lists_of_licence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO licences_statuslistchange (status_list_id)
        SELECT DISTINCT status_list_id FROM licences_credential WHERE licence_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER licences_licence_standing AFTER UPDATE OF status, valid_until ON licences_licence
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status
        OR OLD.valid_until IS DISTINCT FROM NEW.valid_until)
    EXECUTE FUNCTION licences_mark_lists_of_licence();
CREATE FUNCTION licences_mark_list_of_credential() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO licences_statuslistchange (status_list_id) VALUES (NEW.status_list_id);
    RETURN NULL;
END $$;
CREATE TRIGGER licences_credential_standing
    AFTER UPDATE OF ended_at ON licences_credential
    FOR EACH ROW WHEN (OLD.ended_at IS DISTINCT FROM NEW.ended_at)
    EXECUTE FUNCTION licences_mark_list_of_credential();
"""
UNMARK = """
DROP TRIGGER licences_credential_standing ON licences_credential;
DROP FUNCTION licences_mark_list_of_credential();
DROP TRIGGER licences_licence_standing ON licences_licence;
DROP FUNCTION licences_mark_lists_of_licence();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('agencies', '0002_watched'),
        ('licences', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='StatusListChange',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name='StockTable',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('region_path', models.CharField(max_length=80)),
                ('file_name', models.CharField(max_length=200)),
                ('file_id', models.UUIDField(null=True)),
                ('digest', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('checking', 'being checked'), ('refused', 'refused, nothing was taken'), ('taking', 'being taken'), ('stopped', 'stopped by a problem'), ('done', 'done')], default='checking', max_length=8)),
                ('rows_count', models.PositiveIntegerField(default=0)),
                ('done_count', models.PositiveIntegerField(default=0)),
                ('problems_count', models.PositiveIntegerField(default=0)),
                ('problems', models.JSONField(default=list)),
                ('problem', models.CharField(blank=True, default='', max_length=500)),
                ('brought_by', models.CharField(max_length=200)),
                ('brought_by_account', models.UUIDField(null=True)),
                ('brought_by_person', models.UUIDField(null=True)),
                ('brought_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='TypeWithdrawal',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('code', models.CharField(max_length=21)),
                ('effective_from', models.DateField()),
                ('reason', models.CharField(max_length=2000)),
                ('state', models.CharField(choices=[('asked', 'waiting for a second person'), ('done', 'withdrawn'), ('refused', 'refused')], default='asked', max_length=7)),
                ('asked_by', models.JSONField()),
                ('asked_by_name', models.CharField(max_length=200)),
                ('asked_at', models.DateTimeField()),
                ('decided_by_name', models.CharField(blank=True, default='', max_length=200)),
                ('decided_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='credential',
            name='account_id',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='credential',
            name='program',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='licenceuse',
            name='original_note',
            field=models.CharField(blank=True, default='', max_length=500),
        ),
        migrations.AddField(
            model_name='licenceuse',
            name='original_seen_account',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='licenceuse',
            name='original_seen_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='licenceuse',
            name='original_seen_by',
            field=models.CharField(blank=True, default='', max_length=200),
        ),
        migrations.AddField(
            model_name='statuslist',
            name='built_on',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='statuslist',
            name='fresh_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='statuslist',
            name='token',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AlterField(
            model_name='typestep',
            name='act',
            field=models.CharField(max_length=20),
        ),
        migrations.AddIndex(
            model_name='credential',
            index=models.Index(condition=models.Q(('program', ''), _negated=True), fields=['account_id', 'program'], name='licence_credential_by_program'),
        ),
        migrations.AddConstraint(
            model_name='licenceuse',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('original_seen_at__isnull', True), ('original_seen_by', '')), models.Q(('original_seen_at__isnull', False), models.Q(('original_seen_by', ''), _negated=True)), _connector='OR'), name='licence_original_seen_by_someone'),
        ),
        migrations.AddField(
            model_name='statuslistchange',
            name='status_list',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='licences.statuslist'),
        ),
        migrations.AddField(
            model_name='stocktable',
            name='agency',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency'),
        ),
        migrations.AddField(
            model_name='stocktable',
            name='type',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licences.licencetype'),
        ),
        migrations.AddConstraint(
            model_name='typewithdrawal',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('code',), name='licence_type_one_withdrawal'),
        ),
        migrations.AddConstraint(
            model_name='typewithdrawal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('state', 'asked')), models.Q(models.Q(('state', 'asked'), _negated=True), ('decided_at__isnull', False), models.Q(('decided_by_name', ''), _negated=True)), _connector='OR'), name='licence_type_withdrawal_decided'),
        ),
        migrations.AddIndex(
            model_name='stocktable',
            index=models.Index(fields=['agency', '-brought_at', '-id'], name='stock_table_by_agency'),
        ),
        migrations.AddConstraint(
            model_name='stocktable',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['checking', 'taking', 'stopped'])), fields=('agency', 'type', 'digest'), name='stock_table_once_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='stocktable',
            constraint=models.CheckConstraint(condition=models.Q(('done_count__lte', models.F('rows_count'))), name='stock_table_counts'),
        ),
        migrations.RunSQL(MARK, UNMARK),
    ]
