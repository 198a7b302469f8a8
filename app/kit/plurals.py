"""Counts in words."""


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Return the count and the noun that agrees with it: `1 row`, `1,234 rows`, `2 academies`."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"
