"""`python -m app` and the console script `headsup` are the command line."""

import gc

gc.disable()  # a seventh of a start went into looking for garbage among what is being imported

from app.cli.main import main  # noqa: E402

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
