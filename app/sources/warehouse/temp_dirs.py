"""Temporary folders of one process, removed after it ends, even if it was killed."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from app.kit.folders import PRIVATE, make_private


@contextmanager
def private_folder(parent: Path) -> Iterator[Path]:
    """Make a folder in `parent` that nobody else uses; it is gone when the context is left.

    What a killed process left is removed by the next one that makes a folder there: the owner
    holds a lock on it, which the kernel takes away when it dies.
    """
    make_private(parent)
    remove_abandoned(parent)
    folder, lock = _locked(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def remove_abandoned(parent: Path) -> None:
    """Remove the private folders of processes that were killed; `parent` need not exist."""
    for folder in [path for path in parent.glob("*") if path.is_dir()]:
        with suppress(FileNotFoundError, BlockingIOError):
            lock = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def remove_leftovers(spool: Path) -> None:
    """Remove what killed processes left in any folder of the spool: it may hold rows of people."""
    for parent in spool.glob("*/"):
        remove_abandoned(parent)


def _locked(parent: Path) -> tuple[Path, int]:
    """Make a folder and lock it; another one, if it was swept away before it was locked."""
    while True:
        folder = parent / uuid4().hex
        with suppress(FileNotFoundError):
            folder.mkdir(mode=PRIVATE)
            lock = os.open(folder, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)
