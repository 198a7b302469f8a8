"""A process that imports the service, and says how long that took."""

import json
import sys
from importlib import import_module
from time import perf_counter


def main() -> None:
    """Run as `python -m bench.imports`."""
    began = perf_counter()
    import_module("app.main")
    seconds = perf_counter() - began
    sys.stdout.write(json.dumps({"seconds": seconds, "modules": len(sys.modules)}) + "\n")


if __name__ == "__main__":
    main()
