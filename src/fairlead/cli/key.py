"""`fairlead key`: officer, protect, token, identity, recipient, partner, export."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from fairlead.case.place.key_log import note_key
from fairlead.case.place.keys import (
    add_token_key,
    create_age_identity,
    create_officer_key,
    is_locked,
    lead_keys,
    officer_key,
    open_key,
    protect_officer_key,
)
from fairlead.case.place.tokens import TokenKey
from fairlead.case.receiving.partners import keep_partner_keys, partner_officers
from fairlead.case.sending.recipients import keep_recipients
from fairlead.cli.options import (
    OUTPUT,
    json_option,
    operation_option,
    session_of,
    workspace_of,
    workspace_option,
)
from fairlead.cli.render import print_facts, print_json
from fairlead.cli.secrets import new_passphrase
from fairlead.leads.rehearsal import read_partner_text


@click.group()
def key() -> None:
    """Signing keys of officers, and keys to which packages are encrypted."""


@key.command("officer")
@click.argument("name")
@click.option("--valid-until", type=click.DateTime(), help="Last moment at which it may sign, UTC.")
@click.option(
    "--unencrypted", is_flag=True, help="Leave it open; only the made-up operation of `fairlead demo` may."
)
@workspace_option
def officer(
    name: str, valid_until: datetime | None, workspace: Path | None, *, unencrypted: bool, as_json: bool
) -> None:
    """Make a signing key for the officer NAME in this workspace, encrypted under a passphrase that only NAME knows.

    The passphrase is asked for, now and at every signature. FAIRLEAD_PASSPHRASE_FILE names a file instead.
    """
    place = workspace_of(workspace)
    path = create_officer_key(
        place,
        name,
        passphrase=None if unencrypted else new_passphrase(name),
        valid_until=valid_until.replace(tzinfo=UTC) if valid_until else None,
    )
    note_key(place, name, "made")
    if as_json:
        print_json({"officer": name, "file": str(path)})
    else:
        print_facts("Signing key made.", {"officer": name, "file": path})


@key.command("protect")
@click.argument("name")
@workspace_option
def protect(name: str, workspace: Path | None, *, as_json: bool) -> None:
    """Encrypt the key of the officer NAME that lies open, or give it another passphrase."""
    place = workspace_of(workspace)
    path = officer_key(place, name)
    if is_locked(path):
        click.echo("First the present passphrase, then the new one.", err=True)
    private = open_key(path)
    protect_officer_key(path, private, passphrase=new_passphrase(name))
    note_key(place, name, "locked")
    if as_json:
        print_json({"officer": name, "file": str(path), "encrypted": True})
    else:
        print_facts(
            "Key encrypted. The passphrase is kept nowhere: without it the key is lost.", {"officer": name}
        )


@key.command("token")
@click.argument("name")
@click.option("--module", required=True, help="Path of the token's PKCS#11 module.")
@click.option("--token", required=True, help="Label of the token.")
@click.option("--label", required=True, help="Label of the Ed25519 key on it.")
@workspace_option
def token(name: str, module: str, token: str, label: str, workspace: Path | None, *, as_json: bool) -> None:
    """Use a key on a smart card or security token for the officer NAME. The PIN is asked for."""
    place = workspace_of(workspace)
    add_token_key(place, name, TokenKey(module=module, token=token, label=label))
    note_key(place, name, "on a token")
    if as_json:
        print_json({"officer": name, "token": token, "label": label})
    else:
        click.echo(f"Officer {name} signs with the key {label} on the token {token}.")


@key.command("identity")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def identity(file: Path, *, as_json: bool) -> None:
    """Make an age identity in FILE; its recipient, which the lead country needs, goes to FILE.pub."""
    recipient = create_age_identity(file)
    file.with_name(file.name + ".pub").write_text(recipient + "\n")
    if as_json:
        print_json({"file": str(file), "recipient": recipient})
    else:
        print_facts("age identity made; keep the file secret.", {"file": file, "recipient": recipient})


@key.command("recipient")
@click.argument("country")
@click.argument("recipients", nargs=-1, required=True)
@operation_option
def recipient(
    country: str,
    recipients: tuple[str, ...],
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Keep the age RECIPIENTS to which packages for COUNTRY are encrypted, in place of earlier ones.

    It takes the right to administer the operation. Releases that were prepared with other keys must be prepared again.
    """
    session = session_of(workspace, operation, user)
    fingerprints = keep_recipients(session, country, recipients)
    if as_json:
        print_json({"country": country, "recipients": list(recipients), "fingerprints": list(fingerprints)})
        return
    click.echo(f"Packages for {country} will be encrypted to {len(fingerprints)} recipient(s):")
    for fingerprint in fingerprints:
        click.echo(f"  {fingerprint}")
    click.echo("Compare the fingerprints with the country by another channel.")


@key.command("partner")
@click.argument("country")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@operation_option
def partner(
    country: str,
    file: Path,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Keep the public keys of the officers of COUNTRY, from the FILE that its `fairlead key export` wrote.

    They decide which receipts and outcomes are believed: compare them with the country by another channel first.
    """
    session = session_of(workspace, operation, user)
    keep_partner_keys(session, country, read_partner_text(file))
    names = partner_officers(session, country)
    if as_json:
        print_json({"country": country, "officers": list(names)})
    else:
        click.echo(f"Keys of {len(names)} officer(s) of {country} kept: {', '.join(names)}.")


@key.command("export")
@click.option("--country", required=True, help="The lead country these keys belong to.")
@click.option("--output", type=OUTPUT, required=True)
@workspace_option
def export(country: str, output: Path, workspace: Path | None, *, as_json: bool) -> None:
    """Write the public keys that partners need to check this country's packages."""
    output.write_text(lead_keys(workspace_of(workspace), country).to_json())
    if as_json:
        print_json({"file": str(output)})
    else:
        click.echo(f"Public keys written to {output}")
