"""What people decide and what is published to them. Every scoped row belongs to an operation and a country.

The country ``*`` marks a row of the whole operation. PostgreSQL adds a generated column ``scope`` and a
row-level-security policy to every scoped table (migration 0002).
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from fairlead.register.actions import WHOLE_OPERATION, Role


class User(AbstractUser):
    """A person who works with Fairlead; what they may see comes from grants alone."""


class OperationRow(models.Model):
    """One operation against one platform."""

    slug = models.SlugField(primary_key=True)
    lead = models.CharField(max_length=2)
    created_at = models.DateTimeField()

    class Meta:
        """Table name."""

        db_table = "register_operation"


class Participant(models.Model):
    """A country that takes part, and the keys it gave."""

    operation = models.ForeignKey(OperationRow, models.PROTECT)
    country = models.CharField(max_length=2)
    role = models.CharField(max_length=16, default="partner")
    age_recipients = models.JSONField(default=list)
    witness_key = models.TextField(default="")

    class Meta:
        """One row a country."""

        unique_together = (("operation", "country"),)


class Grant(models.Model):
    """The only source of need-to-know: a person, an operation, a country or the whole, a role, an end."""

    user = models.ForeignKey(User, models.PROTECT)
    operation = models.ForeignKey(OperationRow, models.PROTECT)
    country = models.CharField(max_length=2, default=WHOLE_OPERATION)
    role = models.CharField(
        max_length=16, choices=[(role.value, role.value.replace("_", " ")) for role in Role]
    )
    expires_at = models.DateTimeField(null=True)

    class Meta:
        """The same grant is given once."""

        unique_together = (("user", "operation", "country", "role"),)


class Scoped(models.Model):
    """A row that only those with a grant for its operation and country may see."""

    operation = models.ForeignKey(OperationRow, models.PROTECT)
    country = models.CharField(max_length=2, default=WHOLE_OPERATION)

    class Meta:
        """Abstract."""

        abstract = True


class CustodyRow(Scoped):
    """One custody event of one exhibit, with the fields of ISO/IEC 27037."""

    exhibit = models.CharField(max_length=64)
    event = models.CharField(max_length=16)
    at = models.DateTimeField()
    location = models.TextField(default="")
    actor = models.TextField()
    counter_party = models.TextField(default="")
    reason = models.TextField(default="")
    authority = models.TextField(default="")
    sha256 = models.CharField(max_length=64, default="")
    condition = models.TextField(default="")
    change_made = models.TextField(default="")
    change_justification = models.TextField(default="")


class JudgementRow(Scoped):
    """What a named person decided about two records; a later row replaces an earlier one."""

    left = models.TextField()
    right = models.TextField()
    judgement = models.CharField(max_length=16)
    reason = models.TextField()
    user = models.ForeignKey(User, models.PROTECT)
    at = models.DateTimeField()


class IntentRow(Scoped):
    """What somebody set out to change, written before anything is; open until its ledger entry is there.

    ``about`` says what is changed, as a digest, so that the same act on the same thing is known again; ``kept`` is what
    the act wants to know of the state before it, should it have to be finished by another process.
    """

    verb = models.CharField(max_length=48)
    about = models.CharField(max_length=64)
    arguments = models.CharField(max_length=64)
    user = models.ForeignKey(User, models.PROTECT)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, default="open")
    code = models.CharField(max_length=40, default="")
    entry = models.BigIntegerField(null=True)
    kept = models.JSONField(default=dict)
    process = models.CharField(max_length=80, default="")


class LeadRow(Scoped):
    """A published lead: one person in one country, in its latest version. ``words`` is what it says, for searching.

    ``records`` names, for every person in it, the records they had when it was published; ``material`` the digests of
    contents behind it, with what their lists say of release. It is None in rows of before it was kept.
    """

    lead = models.CharField(max_length=64)
    records = models.JSONField(default=dict)
    material = models.JSONField(null=True)
    person = models.CharField(max_length=64)
    grade = models.CharField(max_length=16)
    version = models.IntegerField(default=1)
    digest = models.CharField(max_length=64)
    body = models.JSONField()
    words = models.TextField(default="")
    published_at = models.DateTimeField()

    class Meta:
        """One row a lead."""

        unique_together = (("operation", "lead"),)


class PackageRow(Scoped):
    """A package that was built for a country, and what became of it."""

    package = models.CharField(max_length=64, unique=True)
    version = models.IntegerField()
    leads = models.JSONField()
    sha256 = models.CharField(max_length=64)
    prepared_by = models.TextField()
    released_by = models.TextField()
    built_at = models.DateTimeField()
    receipt = models.JSONField(null=True)


class LeadVersionRow(Scoped):
    """A lead as it stood in one version, kept so that what was sent can be compared with what holds now."""

    lead = models.CharField(max_length=64)
    version = models.IntegerField()
    body = models.JSONField()
    material = models.JSONField(null=True)
    published_at = models.DateTimeField()

    class Meta:
        """One row a version."""

        unique_together = (("operation", "lead", "version"),)


class OutcomeRow(Scoped):
    """What a country did with a lead; a later row adds to the earlier ones."""

    lead = models.CharField(max_length=64)
    package = models.CharField(max_length=64)
    states = models.JSONField(default=list)
    reason = models.CharField(max_length=64, default="")
    devices_seized = models.IntegerField(default=0)
    victims_safeguarded = models.IntegerField(default=0)
    new_exhibits = models.JSONField(default=list)
    released = models.BooleanField(default=False)
    at = models.DateTimeField()
    signer = models.TextField()
    sha256 = models.CharField(max_length=64, unique=True)


class RecallRow(Scoped):
    """A notice that something sent was wrong, and whether the recipient has acknowledged it.

    A lead it names is not sent again until two people have lifted it for that lead: one asks with a reason, another one
    agrees. ``lifts`` keeps that by lead; ``lifted_at`` is when an older version lifted the notice as a whole.
    """

    package = models.CharField(max_length=64)
    leads = models.JSONField(default=list)
    reason = models.TextField()
    at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    notice = models.CharField(max_length=64, default="")
    lifts = models.JSONField(default=dict)
    lifted_by = models.TextField(default="")
    lifted_at = models.DateTimeField(null=True)


class HoldRow(Scoped):
    """Records that nothing may be sent about, nor about any person who has one, until the hold is lifted.

    ``person`` is whom the hold was placed on; it may be joined otherwise since.
    """

    person = models.CharField(max_length=64)
    records = models.JSONField(default=list)
    reason = models.TextField()
    placed_by = models.TextField()
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.TextField(default="")


class CategoryRow(Scoped):
    """Which category of data subject a named person put the person with these records into; the last row counts."""

    lead = models.CharField(max_length=64)
    records = models.JSONField(default=list)
    category = models.CharField(max_length=16)
    reason = models.TextField()
    decided_by = models.TextField()
    at = models.DateTimeField()


class ReviewRow(Scoped):
    """What a named person decided about one content; a later row replaces an earlier one.

    ``shown``: the content the person had before them, ``subject`` itself or another of its cluster; empty in rows of
    before it was kept.
    """

    subject = models.CharField(max_length=64)
    shown = models.CharField(max_length=64, default="")
    cluster = models.CharField(max_length=64, default="")
    decision = models.CharField(max_length=24)
    scheme = models.CharField(max_length=32, default="")
    category = models.CharField(max_length=32, default="")
    note = models.TextField(default="")
    sample = models.BooleanField(default=False)
    highest_level = models.IntegerField(default=0)
    user = models.ForeignKey(User, models.PROTECT)
    at = models.DateTimeField()


class BoardRow(Scoped):
    """One entry on the action-day board: a country, a cell, and what holds there from now on."""

    cell = models.CharField(max_length=16)
    state = models.CharField(max_length=16, default="")
    number = models.IntegerField(default=0)
    starts_at = models.DateTimeField(null=True)
    user = models.ForeignKey(User, models.PROTECT)
    at = models.DateTimeField()


class IncidentRow(Scoped):
    """One line of the incident log of an action day."""

    text = models.TextField()
    user = models.ForeignKey(User, models.PROTECT)
    at = models.DateTimeField()


class PreparedRow(Scoped):
    """A release that one officer prepared and that waits for another one. ``recipients``: the keys it is to go to.

    ``statement`` is the envelope with the first officer's signature, ``manifest`` the digests of all files it is about.
    """

    leads = models.JSONField()
    recipients = models.JSONField(default=list)
    legal_basis = models.TextField()
    purpose = models.TextField()
    h3_release = models.TextField(default="")
    statement = models.TextField(default="")
    manifest = models.TextField(default="")
    state = models.CharField(max_length=16, default="waiting")
    package = models.CharField(max_length=64, default="")
    prepared_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(default="")

    class Meta:
        """One release waits for a country at a time; nobody releases what they prepared."""

        constraints = (
            models.UniqueConstraint(
                fields=("operation", "country"),
                condition=models.Q(state__in=("waiting", "releasing")),
                name="one_release_waits_per_country",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=("releasing", "released"), decided_by=models.F("prepared_by")),
                name="released_by_another_officer",
            ),
        )


class JobRow(Scoped):
    """A long piece of work that somebody asked for in the browser, and how far it is."""

    kind = models.CharField(max_length=16)
    state = models.CharField(max_length=16, default="waiting")
    stage = models.CharField(max_length=32, default="")
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    code = models.CharField(max_length=32, default="")
    user = models.ForeignKey(User, models.PROTECT)
    asked_at = models.DateTimeField()
    changed_at = models.DateTimeField()


class Membered(models.Model):
    """A row that everybody with a grant in its operation may see, and only the owner's role may write."""

    operation = models.ForeignKey(OperationRow, models.PROTECT)

    class Meta:
        """Abstract."""

        abstract = True


class ActionDayRow(Membered):
    """When the operation's action day starts and until when nothing may be published; the latest row holds."""

    starts_at = models.DateTimeField(null=True)
    embargo_until = models.DateTimeField(null=True)
    set_by = models.TextField()
    at = models.DateTimeField()


class ReleasedFiguresRow(Membered):
    """Figures that a lead officer released to the press desk; the latest row holds."""

    body = models.JSONField()
    released_by = models.TextField()
    at = models.DateTimeField()


class ExposureRow(models.Model):
    """What one person had to see, for how long. Shown to that person alone."""

    user = models.ForeignKey(User, models.PROTECT)
    operation = models.ForeignKey(OperationRow, models.PROTECT)
    subject = models.CharField(max_length=64)
    level = models.IntegerField()
    purpose = models.CharField(max_length=24, default="")
    token = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)


class OwnSettings(models.Model):
    """How one person wants to work: their language, and kinds of material kept away from them, without a reason."""

    user = models.OneToOneField(User, models.PROTECT, primary_key=True)
    language = models.CharField(max_length=8, default="")
    kept_away = models.JSONField(default=list)


class SignInLink(models.Model):
    """A link that signs one person in once. Only the link's SHA-256 is kept."""

    digest = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, models.PROTECT)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class LedgerRow(models.Model):
    """One leaf of the log. Rows are only ever added."""

    index = models.BigIntegerField(primary_key=True)
    leaf = models.BinaryField()
    operation_name = models.CharField(max_length=16)
    what = models.CharField(max_length=64)
    at = models.DateTimeField()
    case = models.CharField(max_length=64)

    class Meta:
        """Table name."""

        db_table = "register_ledger"


class LedgerDetail(models.Model):
    """The personal part of an entry and its salt; may be erased, which the log survives."""

    entry = models.OneToOneField(LedgerRow, models.PROTECT, primary_key=True)
    salt = models.BinaryField(null=True)
    detail = models.JSONField(null=True)


SCOPED_MODELS: tuple[type[Scoped], ...] = (
    CustodyRow,
    JudgementRow,
    LeadRow,
    LeadVersionRow,
    PackageRow,
    OutcomeRow,
    RecallRow,
    HoldRow,
    CategoryRow,
    ReviewRow,
    BoardRow,
    IncidentRow,
    PreparedRow,
    JobRow,
    IntentRow,
)
