"""`headsup migrate`."""

from app.cli.terminal import output, run
from app.settings import Settings
from app.sources.database import migrations
from app.sources.database.connect import migrate as bring_up_to_date
from app.sources.database.connect import open_database


def migrate_command() -> None:
    """Migrate the database to the schema of this version.

    The embedded database is migrated at every start; an external one by this command only.
    """
    run(_migrate(Settings.from_environment()))


async def _migrate(settings: Settings) -> None:
    if settings.database_url is None:
        async with open_database(settings):
            output.print("The embedded database is up to date.")
        return
    await bring_up_to_date(settings.database_url.get_secret_value())
    output.print(f"The database is at {migrations.head()}.")
