"""The table of keys."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field

from app.access.scopes import Key, Scope
from app.kit.db.tables import TIMESTAMPTZ, Table

KNOWN_SCOPES = ", ".join(f"'{scope}'" for scope in Scope)


class ApiKey(Table, table=True):
    """A key of the API: recognised by `prefix`, proven by a secret of which only the hash is kept.

    NULL for academies or report types means all of them.
    """

    __tablename__: ClassVar[str] = "api_keys"
    __table_args__ = (
        UniqueConstraint("prefix"),
        CheckConstraint(
            f"cardinality(scopes) > 0 AND scopes <@ ARRAY[{KNOWN_SCOPES}]", name="known_scopes"
        ),
    )

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    prefix: str = Field(sa_type=Text)
    secret_sha256: bytes = Field(sa_type=LargeBinary)
    scopes: list[str] = Field(sa_type=ARRAY(Text))
    academies: list[int] | None = Field(default=None, sa_type=ARRAY(BigInteger))
    report_types: list[str] | None = Field(default=None, sa_type=ARRAY(Text))
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
    created_by: str = Field(sa_type=Text)
    expires_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    revoked_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    last_used_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)

    def is_valid(self, now: datetime) -> bool:
        """Tell whether the key is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)

    @property
    def key(self) -> Key:
        """What the key may do."""
        return Key(
            id=self.id,
            name=self.name,
            prefix=self.prefix,
            scopes=frozenset(Scope(scope) for scope in self.scopes),
            academies=None if self.academies is None else frozenset(self.academies),
            report_types=None if self.report_types is None else frozenset(self.report_types),
            expires_at=self.expires_at,
        )
