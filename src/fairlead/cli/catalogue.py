"""The commands of the program: where each lives and its one line of help, so that none is imported before it is used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A command: the module that holds it, its name there, and its line in `fairlead --help`."""

    module: str
    name: str
    help: str


COMMANDS: dict[str, Entry] = {
    "init": Entry(
        module="fairlead.cli.init",
        name="init",
        help="Make a WORKSPACE: one directory with register, ledger and keys.",
    ),
    "operation": Entry(
        module="fairlead.cli.operation", name="operation", help="Operations and the countries that take part."
    ),
    "key": Entry(
        module="fairlead.cli.key",
        name="key",
        help="Signing keys of officers, and keys to which packages are encrypted.",
    ),
    "exhibit": Entry(
        module="fairlead.cli.exhibit", name="exhibit", help="Exhibits as received, and their custody."
    ),
    "known": Entry(module="fairlead.cli.known", name="known", help="Hash sets and matches."),
    "process": Entry(
        module="fairlead.cli.process",
        name="process",
        help="Walk, identify, hash, match and weigh everything in the exhibits.",
    ),
    "status": Entry(
        module="fairlead.cli.status",
        name="status",
        help="Show where the run that writes tables stands, also from another terminal.",
    ),
    "metrics": Entry(
        module="fairlead.cli.metrics",
        name="metrics",
        help="Print figures of the operation in the format of Prometheus, or serve them.",
    ),
    "triage": Entry(
        module="fairlead.cli.triage",
        name="triage",
        help="How many contents a machine recognised, how many are left for a person, and views avoided.",
    ),
    "records": Entry(
        module="fairlead.cli.records",
        name="records",
        help="The platform's own records: dumps, logs, payments, replies.",
    ),
    "attribute": Entry(
        module="fairlead.cli.attribute",
        name="attribute",
        help="Link accounts, payments and replies into persons with countries; print grades and figures.",
    ),
    "law": Entry(
        module="fairlead.cli.law",
        name="law",
        help="What law may apply, where, on which day, and what nobody has checked.",
    ),
    "lead": Entry(
        module="fairlead.cli.lead",
        name="lead",
        help="Leads: one person in one country, as far as the records allow.",
    ),
    "package": Entry(
        module="fairlead.cli.package",
        name="package",
        help="Signed and encrypted packages: one country's rows, and nothing else.",
    ),
    "outcome": Entry(
        module="fairlead.cli.outcome",
        name="outcome",
        help="What countries did with their leads, including nothing and why.",
    ),
    "deconflict": Entry(
        module="fairlead.cli.deconflict",
        name="deconflict",
        help="Learn whether two countries hold the same identifier, without either showing its list.",
    ),
    "statistics": Entry(
        module="fairlead.cli.statistics",
        name="statistics",
        help="Figures derived from what countries reported: released numbers only, small cells not shown.",
    ),
    "ledger": Entry(
        module="fairlead.cli.ledger",
        name="ledger",
        help="The append-only log of everything done, which partners can check.",
    ),
    "verify": Entry(
        module="fairlead.cli.verify",
        name="verify",
        help="Check a package FILE: signatures, manifests, ledger inclusion, egress rules.",
    ),
    "provenance": Entry(
        module="fairlead.cli.provenance",
        name="provenance",
        help="Made by a machine, or by a camera? What files declare and carry, and how that could be wrong.",
    ),
    "table": Entry(module="fairlead.cli.tables", name="table", help="Show the rows of the table NAME."),
    "sql": Entry(module="fairlead.cli.tables", name="sql", help="Run the SELECT STATEMENT over the tables."),
    "training": Entry(
        module="fairlead.cli.training",
        name="training",
        help="A made-up seized platform for training and measuring.",
    ),
    "demo": Entry(
        module="fairlead.cli.demo", name="demo", help="Run the whole job on a made-up seized platform."
    ),
    "serve": Entry(
        module="fairlead.cli.serve",
        name="serve",
        help="Serve the workbench and print a sign-in link that works once.",
    ),
    "sign-in-link": Entry(
        module="fairlead.cli.serve",
        name="sign_in_link",
        help="Print a link that signs one person in once; give it to nobody else.",
    ),
    "worker": Entry(
        module="fairlead.cli.worker",
        name="worker",
        help="Do long work until stopped; several workers share it.",
    ),
    "backup": Entry(
        module="fairlead.cli.backup",
        name="backup",
        help="Write the workspace into the file TARGET: register, tables, packages, keys.",
    ),
    "restore": Entry(
        module="fairlead.cli.backup",
        name="restore",
        help="Bring a workspace back from the file SOURCE into FOLDER, and verify its ledger; exit code 1 if it...",
    ),
    "grant": Entry(
        module="fairlead.cli.grant",
        name="grant",
        help="Give the person NAME a role; somebody new becomes a user.",
    ),
    "doctor": Entry(
        module="fairlead.cli.doctor",
        name="doctor",
        help="Check that everything in the workspace adds up, and name what does not.",
    ),
    "docs": Entry(
        module="fairlead.cli.documents", name="docs", help="Reference pages made from the program itself."
    ),
}
