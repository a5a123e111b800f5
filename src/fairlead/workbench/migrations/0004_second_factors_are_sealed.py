"""Seals the secrets of second factors that an older version kept as they are."""

from __future__ import annotations

from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from fairlead.workbench.sealed import is_sealed, seal


def seal_all(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Seal what is not sealed yet: the secret of a one-time code, and the seed or the list of recovery codes."""
    kept = apps.get_model("mfa", "Authenticator").objects.using(editor.connection.alias)
    for row in kept.filter(type__in=("totp", "recovery_codes")):
        for name, value in row.data.items():
            if name in {"secret", "seed"} and not is_sealed(value):
                row.data[name] = seal(value, settings.SECRET_KEY)
            elif name == "migrated_codes":
                row.data[name] = [c if is_sealed(c) else seal(c, settings.SECRET_KEY) for c in value]
        row.save(update_fields=["data"])


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [
        ("workbench", "0003_rights_on_provider_accounts"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]
    operations = [migrations.RunPython(seal_all)]
