# SPDX-License-Identifier: EUPL-1.2
"""Tables of who is asking: groups, people, logins, keys."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)

from hausgeist.store.tables.schema import metadata

groups = Table(
    "groups",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("cost_centre", String(64)),
    Column("created_at", BigInteger, nullable=False),
    Column("models", Text),  # JSON list of what its members may use; NULL: all
    Column("default_model", String(200)),
)

users = Table(
    "users",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("login", String(200), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text),
    Column("group_id", String(64), ForeignKey("groups.id"), nullable=False),
    Column("locale", String(8), nullable=False),
    Column("theme", String(8), nullable=False, server_default="auto"),
    Column("active", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # somebody else made the password: it is to be changed before anything else
    Column("must_change", Boolean, nullable=False, server_default=false()),
    Column("role_since", BigInteger),  # NULL: from the beginning
    # an administrator made a new password: what is older opens to its owner, or by two persons
    Column("closed_before", BigInteger),
    Column("opens_hash", Text),  # while it is closed: the hash of the password known before
    Column("recovery_hash", Text),  # of a code that the person has written down
    Column("release_by", String(32)),  # the first of the two who may open it
    # others shared with the group before: not for whom an administrator put into it. NULL: all
    Column("group_since", BigInteger),
)

memberships = Table(
    "memberships",
    metadata,
    # beside the group of users.group_id, which a person's usage is accounted to
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("source", String(32)),  # the login source that says so; NULL: an administrator
    Column("since", BigInteger),  # what was shared with the group from then on; NULL: all
)

login_sources = Table(
    "login_sources",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(8), nullable=False),  # oidc, ldap
    Column("settings", Text, nullable=False),  # JSON, see identity
    Column("sealed_secret", LargeBinary),  # encrypted with the house's secret
    Column("enabled", Boolean, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

login_subjects = Table(
    "login_subjects",
    metadata,
    Column("source", String(32), primary_key=True),
    Column("subject", String(255), primary_key=True),  # what the source calls the person
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the cookie, hexadecimal
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("source", String(32)),  # the login source it came from; NULL: a password of ours
    Column("source_session", String(255)),  # what that source calls it, to end it from there
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 of the key, hexadecimal
    Column("hint", String(16), nullable=False),  # what is shown of it afterwards
    Column("name", String(200), nullable=False),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), index=True),
    Column("service", String(200)),  # set instead of user_id
    Column("group_id", String(64), ForeignKey("groups.id"), nullable=False),
    Column("cost_centre", String(64)),
    Column("models", Text),  # JSON list; NULL: all
    Column("max_class", String(16), nullable=False),
    Column(
        "administers", Boolean, nullable=False, server_default=false()
    ),  # an administrator's only
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("used_day", Integer),  # days since the epoch: no finer trace of a person's rhythm
    # since when tasks may be made of its calls, by its owner's word; NULL: they may not
    Column("collected_since", BigInteger),
)

throttles = Table(
    "throttles",
    metadata,
    Column("scope", String(128), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("until_at", BigInteger, nullable=False),
)

setup_tokens = Table(
    "setup_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
