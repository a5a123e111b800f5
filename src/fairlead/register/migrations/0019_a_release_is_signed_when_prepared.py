"""A prepared release keeps what its first officer signed, and the digests of the files it is about."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Forward only. Releases that wait already were not signed: they have to be prepared again."""

    dependencies = [("register", "0018_personal_parts_are_erased_by_the_database")]
    operations = [
        migrations.AddField("preparedrow", "h3_release", models.TextField(default="")),
        migrations.AddField("preparedrow", "statement", models.TextField(default="")),
        migrations.AddField("preparedrow", "manifest", models.TextField(default="")),
    ]
