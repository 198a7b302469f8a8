"""`python -m app` and the console script `headsup` are the command line."""

import gc

gc.disable()  # looking for garbage among what is being imported takes a good part of a start

from app.cli.main import main  # noqa: E402

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
