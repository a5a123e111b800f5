"""Lets the application's role put jobs into Procrastinate's queue and work on them."""

from __future__ import annotations

from django.db import migrations

RIGHTS = """
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'procrastinate\\_%' LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO fairlead_app', name);
  END LOOP;
END $$;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO fairlead_app;
"""


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [
        ("workbench", "0001_rights_on_sign_in_tables"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]
    operations = [migrations.RunSQL(RIGHTS)]
