"""A prepared release keeps the keys that its officers were shown."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [("register", "0013_decisions_rest_on_records")]
    operations = [
        migrations.AddField(
            model_name="preparedrow", name="recipients", field=models.JSONField(default=list)
        ),
    ]
