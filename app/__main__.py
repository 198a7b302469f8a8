"""Entry point of `python -m app` and of the console script `headsup`."""

import gc

gc.disable()  # collections during the imports would take a good part of a start

from app.cli.main import main  # noqa: E402

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
