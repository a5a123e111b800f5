"""Holds, categories and leads keep the records they are about. Older rows get theirs where the tables can be read."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [("register", "0012_what_was_shown")]
    operations = [
        migrations.AddField(model_name="holdrow", name="records", field=models.JSONField(default=list)),
        migrations.AddField(model_name="categoryrow", name="records", field=models.JSONField(default=list)),
        migrations.AddField(model_name="leadrow", name="records", field=models.JSONField(default=dict)),
    ]
