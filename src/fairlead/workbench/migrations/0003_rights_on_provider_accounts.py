"""Lets the application's role remember which account of an identity provider belongs to whom."""

from __future__ import annotations

from django.db import migrations

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON socialaccount_socialaccount TO fairlead_app;
GRANT SELECT ON socialaccount_socialapp, socialaccount_socialtoken TO fairlead_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO fairlead_app;
"""


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [
        ("workbench", "0002_rights_on_jobs"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]
    operations = [migrations.RunSQL(RIGHTS)]
