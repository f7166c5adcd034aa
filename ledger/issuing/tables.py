"""The tables of issuing. They never leave this package: services answer with the frozen values of `values.py`.

Times are Unix seconds; hashes, keys and addresses are bytes. What is written in bulk is written once and never changed:
the bare document when it is drafted, its signatures when it is sealed, its anchor proof when it is final. The stored
body is the canonical form (RFC 8785) itself, so its SHA-256 is the digest and nothing is parsed to check it.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, false, text
from sqlmodel import Field, SQLModel

# SQLite gives out row ids by itself only for a column that is spelled INTEGER.
ROW_ID = BigInteger().with_variant(Integer, "sqlite")

_COUNTS = "kind NOT IN ('record', 'endorsement') AND status NOT IN ('revoked', 'withdrawn') AND superseded_by IS NULL"


class IssuerRow(SQLModel, table=True):
    """Someone who issues (`issuer`) or assembles records (`publisher`)."""

    __tablename__ = "issuers"

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    slug: str = Field(unique=True)
    kind: str
    name: str
    did: str = Field(unique=True)
    base_url: str
    url: str | None = None
    country: str | None = None
    issuer_id: bytes = Field(unique=True)
    admin: bytes
    anchoring: bytes
    revoking: bytes
    registered_at: int | None = Field(default=None, sa_type=BigInteger)
    next_status_index: int = Field(default=0, sa_type=BigInteger)


class IssuerKeyRow(SQLModel, table=True):
    """An Ed25519 assertion key. `opened_at` and `closed_at` are block times, null until the registry says so.

    `compromised`: it was closed as of a past moment, and not because it was retired.
    """

    __tablename__ = "issuer_keys"
    __table_args__ = (Index("issuer_keys_number", "issuer", "number", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    issuer: int = Field(foreign_key="issuers.id", sa_type=ROW_ID)
    number: int
    public_key: bytes = Field(unique=True)
    opened_at: int | None = Field(default=None, sa_type=BigInteger)
    closed_at: int | None = Field(default=None, sa_type=BigInteger)
    compromised: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class AccreditorRow(SQLModel, table=True):
    """An account that recognises issuers."""

    __tablename__ = "accreditors"

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    slug: str = Field(unique=True)
    name: str
    address: bytes = Field(unique=True)
    url: str | None = None
    country: str | None = None


class AccreditationRow(SQLModel, table=True):
    """A recognition that was given: its statement is a file in the data folder, named by `scope`."""

    __tablename__ = "accreditations"
    __table_args__ = (Index("accreditations_pair", "accreditor", "issuer"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    accreditor: int = Field(foreign_key="accreditors.id", sa_type=ROW_ID)
    issuer: int = Field(foreign_key="issuers.id", sa_type=ROW_ID)
    scope: bytes
    valid_from: int | None = Field(default=None, sa_type=BigInteger)
    valid_until: int = Field(sa_type=BigInteger)


class AccreditorActRow(SQLModel, table=True):
    """Something that an accreditor's people asked for: to recognise an issuer, or to end or shorten a recognition.

    `statement` is what is to be published (canonical JSON) and `until` the end; a recognition that begins has both.
    `prepared_by` and `approved_by` are ids of people. `accreditation` is the row that it led to.
    """

    __tablename__ = "accreditor_acts"
    __table_args__ = (
        Index("accreditor_acts_pair", "accreditor", "issuer"),
        Index("accreditor_acts_state", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    accreditor: int = Field(foreign_key="accreditors.id", sa_type=ROW_ID)
    issuer: int = Field(foreign_key="issuers.id", sa_type=ROW_ID)
    kind: str
    statement: bytes | None = None
    until: int | None = Field(default=None, sa_type=BigInteger)
    reason: str
    prepared_by: str
    approved_by: str | None = None
    state: str
    accreditation: int | None = Field(default=None, foreign_key="accreditations.id", sa_type=ROW_ID)
    problem: str | None = None
    problem_code: str | None = None
    asked_at: int = Field(sa_type=BigInteger)
    done_at: int | None = Field(default=None, sa_type=BigInteger)


class ProgrammeRow(SQLModel, table=True):
    """A programme as it was imported: `content` is the file."""

    __tablename__ = "programmes"
    __table_args__ = (Index("programmes_code", "issuer", "code", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    issuer: int = Field(foreign_key="issuers.id", sa_type=ROW_ID)
    code: str
    name: str
    content: bytes


class ProgrammeVersionRow(SQLModel, table=True):
    """A version of a programme that was changed, the newest too. One that never changed has no row here."""

    __tablename__ = "programme_versions"

    programme: int = Field(primary_key=True, foreign_key="programmes.id", sa_type=ROW_ID)
    number: int = Field(primary_key=True)
    content: bytes
    saved_by: str
    saved_at: int = Field(sa_type=BigInteger)


class PathwayRow(SQLModel, table=True):
    """A version of a pathway as it was published: `content` is its canonical JSON, which never changes.

    `awarding` says what becomes of who completes it: off, queue or auto.
    """

    __tablename__ = "pathways"
    __table_args__ = (Index("pathways_version", "issuer", "code", "version", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    issuer: int = Field(foreign_key="issuers.id", sa_type=ROW_ID)
    code: str
    version: int
    name: str
    pathway_id: str = Field(unique=True)
    content: bytes
    awarding: str = Field(default="off", sa_column_kwargs={"server_default": "off"})


class AchievementRow(SQLModel, table=True):
    """Which programme of an issuer defines an achievement code."""

    __tablename__ = "achievements"
    __table_args__ = (Index("achievements_code", "issuer", "code", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    issuer: int = Field(foreign_key="issuers.id", sa_type=ROW_ID)
    programme: int = Field(foreign_key="programmes.id", sa_type=ROW_ID)
    code: str
    name: str


class SponsoredActRow(SQLModel, table=True):
    """An act that an operator signed for others to submit: it stands here before it is handed to anyone.

    States: planned, sent, mined, final; and lost, if it can never count any more. `sponsor` is where it was handed to,
    `said` what was answered there. `block_number` and `block_time` are of the final block that shows its nonce spent.
    """

    __tablename__ = "sponsored_acts"
    __table_args__ = (
        # One act for a purpose, but for those that were lost and replaced.
        Index(
            "sponsored_acts_purpose",
            "purpose",
            unique=True,
            sqlite_where=text("state <> 'lost'"),
            postgresql_where=text("state <> 'lost'"),
        ),
        Index("sponsored_acts_nonce", "operator", "nonce", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    purpose: str
    state: str
    operator: bytes
    nonce: bytes
    deadline: int = Field(sa_type=BigInteger)
    document: bytes
    sponsor: str
    said: str | None = None
    planned_at: int = Field(sa_type=BigInteger)
    block_number: int | None = Field(default=None, sa_type=BigInteger)
    block_time: int | None = Field(default=None, sa_type=BigInteger)


class BatchRow(SQLModel, table=True):
    """Credentials that are anchored together. States: open, sealed, planned, sent, mined, final.

    `gathers_until`: documents are added one by one and signed at once, until then at the latest; 0 once it is closed.
    """

    __tablename__ = "batches"
    __table_args__ = (
        Index("batches_root", "issuer", "root", unique=True),
        Index("batches_label", "issuer", "label"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    issuer: int = Field(foreign_key="issuers.id", sa_type=ROW_ID)
    label: str
    state: str
    size: int
    byte_count: int = Field(sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)
    definitions_hash: bytes | None = None
    suites: str | None = None
    verification_method: str | None = None
    configuration_hash: bytes | None = None
    root: bytes | None = None
    sealed_at: int | None = Field(default=None, sa_type=BigInteger)
    anchored_at: int | None = Field(default=None, sa_type=BigInteger)
    anchor_block: int | None = Field(default=None, sa_type=BigInteger)
    attached_at: int | None = Field(default=None, sa_type=BigInteger)
    withdrawn_at: int | None = Field(default=None, sa_type=BigInteger)
    withdrawal_reason: int | None = None
    gathers_until: int | None = Field(default=None, sa_type=BigInteger)


class CredentialRow(SQLModel, table=True):
    """One document of a batch and whom it is for. `position` is its leaf index.

    `supersedes` is the id of the credential that this one corrects; that one's `superseded_by` is the id of this one,
    from the moment in which the correction is drafted, so that it stands in its place among what the learner holds.
    """

    __tablename__ = "credentials"
    __table_args__ = (
        Index("credentials_leaf", "batch", "position", unique=True),
        Index("credentials_status_index", "issuer", "status_index", unique=True),
        Index("credentials_email", "email"),
        Index("credentials_learner", "issuer", "learner_id"),
        Index(
            "credentials_supersedes",
            "supersedes",
            unique=True,
            sqlite_where=text("supersedes IS NOT NULL"),
            postgresql_where=text("supersedes IS NOT NULL"),
        ),
        # Nobody is given the same achievement twice by one issuer, unless the first was revoked, withdrawn, corrected.
        Index(
            "credentials_once",
            "issuer",
            "achievement",
            "learner_id",
            unique=True,
            sqlite_where=text(_COUNTS),
            postgresql_where=text(_COUNTS),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    credential_id: str = Field(unique=True)
    batch: int = Field(foreign_key="batches.id", sa_type=ROW_ID)
    position: int
    issuer: int = Field(foreign_key="issuers.id", sa_type=ROW_ID)
    status_index: int = Field(sa_type=BigInteger)
    kind: str
    achievement: str
    name: str
    email: str
    learner_name: str
    learner_id: str
    digest: bytes
    status: str = Field(default="active")
    supersedes: str | None = None
    superseded_by: str | None = None


class DocumentRow(SQLModel, table=True):
    """The bare document: its canonical bytes, without `proof`."""

    __tablename__ = "documents"

    batch: int = Field(primary_key=True, foreign_key="batches.id", sa_type=ROW_ID)
    position: int = Field(primary_key=True)
    body: bytes


class SignatureRow(SQLModel, table=True):
    """The issuer's signatures over a document: a JSON array of proofs."""

    __tablename__ = "signatures"

    batch: int = Field(primary_key=True, foreign_key="batches.id", sa_type=ROW_ID)
    position: int = Field(primary_key=True)
    proofs: bytes


class AnchorProofRow(SQLModel, table=True):
    """The anchor proof of a document: one JSON object."""

    __tablename__ = "anchor_proofs"

    batch: int = Field(primary_key=True, foreign_key="batches.id", sa_type=ROW_ID)
    position: int = Field(primary_key=True)
    proof: bytes


class AwardEvidenceRow(SQLModel, table=True):
    """What an award's anchor proof will carry about its components, kept from drafting until the batch is final."""

    __tablename__ = "award_evidence"

    batch: int = Field(primary_key=True, foreign_key="batches.id", sa_type=ROW_ID)
    position: int = Field(primary_key=True)
    evidence: bytes


class AwardComponentRow(SQLModel, table=True):
    """A credential that an award rests on, and where that is anchored: `number` is its place in the award.

    What stands here can be read from the award's document and evidence too. `exclusive`: the award's pathway does not
    let what counts here count elsewhere.
    """

    __tablename__ = "award_components"
    __table_args__ = (Index("award_components_digest", "digest"),)

    batch: int = Field(primary_key=True, foreign_key="batches.id", sa_type=ROW_ID)
    position: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    component: str
    digest: bytes
    issuer_id: bytes
    root: bytes
    status_index: int = Field(sa_type=BigInteger)
    exclusive: bool


class AwardCandidateRow(SQLModel, table=True):
    """A learner who completed a pathway. States: proposed, refused, lapsed, drafted (in `batch`).

    `basis` is a hash of all that the learner held for the pathway when it was proposed, `components` a JSON array of
    the ids of the credentials that the award would rest on. `reason` is why a person refused it, or why it lapsed.
    """

    __tablename__ = "award_candidates"
    __table_args__ = (
        Index("award_candidates_once", "pathway", "learner_id", unique=True),
        Index("award_candidates_state", "state"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    pathway: int = Field(foreign_key="pathways.id", sa_type=ROW_ID)
    learner_id: str
    state: str
    basis: bytes
    components: bytes
    batch: int | None = Field(default=None, sa_type=BigInteger)
    reason: str | None = None
    proposed_at: int = Field(sa_type=BigInteger)
    decided_at: int | None = Field(default=None, sa_type=BigInteger)


class AwardLookRow(SQLModel, table=True):
    """A finished batch, or a final change of status, after which it was asked who has completed a pathway."""

    __tablename__ = "award_looks"

    pathway: int = Field(primary_key=True, foreign_key="pathways.id", sa_type=ROW_ID)
    kind: str = Field(primary_key=True)
    subject: int = Field(primary_key=True, sa_type=BigInteger)


class AwardFindingRow(SQLModel, table=True):
    """A credential that an award rests on and that fell: revoked, suspended or withdrawn, as of a final block.

    `award` and `component` are ids of credentials, `issuer` is the award's. `ended_at`: it holds no longer, because
    the component is in force again or the award is gone.
    """

    __tablename__ = "award_findings"
    __table_args__ = (
        Index(
            "award_findings_standing",
            "award",
            "component",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    award: str
    issuer: int = Field(foreign_key="issuers.id", sa_type=ROW_ID)
    component: str
    what: str
    reason: int | None = None
    found_at: int = Field(sa_type=BigInteger)
    block_number: int = Field(sa_type=BigInteger)
    ended_at: int | None = Field(default=None, sa_type=BigInteger)


class StatusCallRow(SQLModel, table=True):
    """One call that changes status bits. States: planned (not signed yet), pending, final."""

    __tablename__ = "status_calls"

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    issuer: int = Field(foreign_key="issuers.id", sa_type=ROW_ID)
    action: int
    reason: int
    state: str
    requested_at: int = Field(sa_type=BigInteger)
    block_number: int | None = Field(default=None, sa_type=BigInteger)
    block_time: int | None = Field(default=None, sa_type=BigInteger)


class StatusChangeRow(SQLModel, table=True):
    """One credential in a status call. `note` is what the issuer wrote down about it, for itself."""

    __tablename__ = "status_changes"
    __table_args__ = (Index("status_changes_credential", "credential"),)

    call: int = Field(primary_key=True, foreign_key="status_calls.id", sa_type=ROW_ID)
    credential: int = Field(primary_key=True, foreign_key="credentials.id", sa_type=ROW_ID)
    note: str | None = None


class AdminActRow(SQLModel, table=True):
    """What an issuer's admin is to do in the registry. States: asked, sent, final, failed.

    `wanted` is a JSON object that says what by `kind`, `said` why it failed or waits. The block is where it was mined.
    """

    __tablename__ = "admin_acts"
    __table_args__ = (Index("admin_acts_state", "state"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    issuer: int = Field(foreign_key="issuers.id", sa_type=ROW_ID)
    kind: str
    wanted: bytes
    state: str
    said: str | None = None
    asked_by: str
    asked_at: int = Field(sa_type=BigInteger)
    block_number: int | None = Field(default=None, sa_type=BigInteger)
    block_time: int | None = Field(default=None, sa_type=BigInteger)


class RequestRow(SQLModel, table=True):
    """A request that made a batch, under the name that its sender gave it: asked again, it gives the same batch."""

    __tablename__ = "idempotency_keys"

    issuer: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    body_hash: bytes
    batch: int = Field(sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)
