import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('person_id', models.UUIDField(null=True)),
                ('organisation_id', models.UUIDField(null=True)),
                ('officer_id', models.UUIDField(null=True)),
                ('template', models.CharField(max_length=64)),
                ('title', models.JSONField()),
                ('body', models.JSONField()),
                ('facts', models.JSONField(default=dict)),
                ('subject_kind', models.CharField(max_length=64)),
                ('subject_id', models.UUIDField()),
                ('link', models.CharField(blank=True, default='', max_length=200)),
                ('in_inbox', models.BooleanField(default=True)),
                ('sent_at', models.DateTimeField()),
                ('read_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('in_inbox', True), ('person_id__isnull', False)), fields=['person_id', 'sent_at', 'id'], name='message_of_person'), models.Index(condition=models.Q(('in_inbox', True), ('organisation_id__isnull', False)), fields=['organisation_id', 'sent_at', 'id'], name='message_of_organisation'), models.Index(condition=models.Q(('in_inbox', True), ('officer_id__isnull', False)), fields=['officer_id', 'sent_at', 'id'], name='message_of_officer'), models.Index(condition=models.Q(('in_inbox', True), ('person_id__isnull', False), ('read_at__isnull', True)), fields=['person_id'], name='message_unread_person'), models.Index(condition=models.Q(('in_inbox', True), ('organisation_id__isnull', False), ('read_at__isnull', True)), fields=['organisation_id'], name='message_unread_organisation'), models.Index(condition=models.Q(('in_inbox', True), ('officer_id__isnull', False), ('read_at__isnull', True)), fields=['officer_id'], name='message_unread_officer'), models.Index(fields=['subject_kind', 'subject_id'], name='message_by_subject')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('officer_id__isnull', True), ('organisation_id__isnull', True), ('person_id__isnull', False)), models.Q(('officer_id__isnull', True), ('organisation_id__isnull', False), ('person_id__isnull', True)), models.Q(('officer_id__isnull', False), ('organisation_id__isnull', True), ('person_id__isnull', True)), _connector='OR'), name='message_has_one_recipient'), models.CheckConstraint(condition=models.Q(('link', ''), models.Q(('link__startswith', '/'), models.Q(('link__startswith', '//'), _negated=True)), _connector='OR'), name='message_link_stays_here')],
            },
        ),
        migrations.CreateModel(
            name='Dispatch',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('channel', models.CharField(choices=[('sms', 'Text message'), ('email', 'E-mail')], max_length=8)),
                ('address_sealed', models.TextField()),
                ('secrets_sealed', models.TextField(blank=True, default='')),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('sent', 'Sent'), ('failed', 'Failed')], default='queued', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('reference', models.CharField(blank=True, default='', max_length=200)),
                ('problem', models.CharField(blank=True, default='', max_length=300)),
                ('finished_at', models.DateTimeField(null=True)),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dispatches', to='messaging.message')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'queued')), fields=['created_at'], name='dispatch_queued')],
                'constraints': [models.UniqueConstraint(fields=('message', 'channel'), name='dispatch_once'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('state', 'queued')), models.Q(models.Q(('state', 'queued'), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='dispatch_finished_when_not_queued'), models.CheckConstraint(condition=models.Q(('state', 'queued'), ('secrets_sealed', ''), _connector='OR'), name='dispatch_forgets_secrets')],
            },
        ),
    ]
