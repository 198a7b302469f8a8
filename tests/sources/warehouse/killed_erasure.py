"""Takes a learner out of ten days of activity."""

import asyncio
import sys
from pathlib import Path

from app.kit.db.engine import Database
from app.sources.warehouse.lake.warehouse import Lake


async def main(home: str, url: str, user_id: str) -> None:
    """Rewrite the days, and list them."""
    database = Database(url)
    lake = Lake(Path(home), database, memory="256MB", threads=1)
    async with database.transaction() as session:
        await lake.forget(session, int(user_id))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
