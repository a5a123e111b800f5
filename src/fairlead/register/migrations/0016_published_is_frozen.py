"""A published lead keeps the digests behind it; a recall can be lifted by two people."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [("register", "0015_intents")]
    operations = [
        migrations.AddField(model_name="leadrow", name="material", field=models.JSONField(null=True)),
        migrations.AddField(model_name="leadversionrow", name="material", field=models.JSONField(null=True)),
        migrations.AddField(
            model_name="recallrow", name="notice", field=models.CharField(max_length=64, default="")
        ),
        migrations.AddField(model_name="recallrow", name="asked_by", field=models.TextField(default="")),
        migrations.AddField(model_name="recallrow", name="asked_reason", field=models.TextField(default="")),
        migrations.AddField(model_name="recallrow", name="lifted_by", field=models.TextField(default="")),
        migrations.AddField(model_name="recallrow", name="lifted_at", field=models.DateTimeField(null=True)),
    ]
