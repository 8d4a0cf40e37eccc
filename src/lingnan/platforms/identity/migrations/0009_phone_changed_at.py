from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0008_what_was_shown_before"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="phone_changed_at",
            field=models.DateTimeField(null=True),
        ),
    ]
