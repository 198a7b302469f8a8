"""Loads the SQL files of a package from its folder `sql`."""

from functools import cache
from importlib.resources import files


@cache
def load_sql(package: str, name: str) -> str:
    """Return the text of `sql/<name>.sql` of a package; raise `FileNotFoundError`.

    A module passes its own `__package__`.
    """
    return files(package).joinpath("sql", f"{name}.sql").read_text("utf-8")
