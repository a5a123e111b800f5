"""Lets the application note that a look was opened."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [("register", "0008_a_look_is_opened_once")]
    operations = [migrations.RunSQL("GRANT UPDATE (opened_at) ON register_exposurerow TO fairlead_app")]
