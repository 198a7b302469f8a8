"""Folders that one process uses alone, and that do not outlive it for long."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4


@contextmanager
def private_folder(parent: Path) -> Iterator[Path]:
    """Make a folder in `parent` that nobody else uses; it is gone when the context is left.

    What a killed process left is removed by the next one that makes a folder there: the owner
    holds a lock, which the kernel takes away when it dies.
    """
    parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(parent)
    folder = parent / uuid4().hex
    lock = os.open(_lock_of(folder), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder.mkdir()
        yield folder
    finally:
        _remove(folder)
        os.close(lock)


def _lock_of(folder: Path) -> Path:
    return folder.with_suffix(".lock")


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _lock_of(folder).unlink(missing_ok=True)


def _remove_abandoned(parent: Path) -> None:
    for folder in [path for path in parent.iterdir() if path.is_dir()]:
        with suppress(FileNotFoundError, BlockingIOError):
            lock = os.open(_lock_of(folder), os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(folder)
            finally:
                os.close(lock)
