"""Lets the application's role use the tables of sessions, sign-in and second factors, and no others."""

from __future__ import annotations

from django.db import migrations

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON django_session, account_emailaddress, account_emailconfirmation,
  mfa_authenticator, workbench_cache TO fairlead_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO fairlead_app;
"""

# The table of Django's database cache: it counts attempts for the rate limits, across all processes.
CACHE = """
CREATE UNLOGGED TABLE workbench_cache (
  cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
CREATE INDEX workbench_cache_expires ON workbench_cache (expires);
"""


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [
        ("register", "0006_policies_of_the_workbench"),
        ("sessions", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]
    operations = [migrations.RunSQL(CACHE), migrations.RunSQL(RIGHTS)]
