"""Folders with personal data, which only their owner may enter."""

import os
from pathlib import Path

PRIVATE = 0o700
FOR_OTHERS = 0o077


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing; one that exists stays as it is."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=PRIVATE, exist_ok=True)


def close_to_others(folder: Path) -> None:
    """Remove the permissions of others from a folder that we own; it need not exist."""
    if not folder.is_dir():
        return
    found = folder.stat()
    if found.st_uid == os.geteuid() and found.st_mode & FOR_OTHERS:
        folder.chmod(PRIVATE)
