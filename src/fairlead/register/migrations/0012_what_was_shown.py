"""A decision keeps which content was before the person who decided."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [("register", "0011_indexes_that_the_policies_use")]
    operations = [
        migrations.AddField(
            model_name="reviewrow", name="shown", field=models.CharField(default="", max_length=64)
        ),
    ]
