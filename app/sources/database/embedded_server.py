"""The PostgreSQL server that comes with the service, shared by all processes of one home."""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BufferedWriter
from pathlib import Path
from pwd import struct_passwd
from subprocess import CompletedProcess
from urllib.parse import quote

from app.kit.errors import SourceDown
from app.sources.database import embedded_guard, embedded_home

READY, STARTING = 0, 1  # what pg_isready answers; 2: nothing listens
USERS_FILE = "postgres.users"
START_SECONDS = 20.0
RECOVERY_SECONDS = 600.0
PID_FILES = (embedded_guard.PID_FILE, f"{embedded_home.SOCKET}.lock")
INITDB = (
    "--auth=trust",
    "--username=postgres",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--set=listen_addresses=",
    "--set=unix_socket_directories=.",
    "--set=timezone=UTC",
    "--set=log_timezone=UTC",
    "--set=log_checkpoints=off",
)
FORGETFUL = ("--no-sync", "--set=fsync=off", "--set=full_page_writes=off")


def is_used(home: Path) -> bool:
    """Say whether any process uses the server of `home`."""
    try:
        with (home / USERS_FILE).open("rb") as users:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


class Server:
    """The use of the server of `home` by this process: it runs at least until `leave`.

    The first process to join starts it, the last to leave stops it, and a guard stops it if the
    last one was killed. Joining removes what a killed server left behind. With `durable=False`
    the server is faster, and loses its data if the machine stops. A start that takes longer than
    `patience` seconds has failed.
    """

    def __init__(
        self, home: Path, *, durable: bool = True, patience: float = START_SECONDS
    ) -> None:
        self.home = embedded_home.prepare(home)
        self.data = embedded_home.data_of(self.home)
        self._options = INITDB if durable else (*INITDB, *FORGETFUL)
        self._patience = patience
        self._users: BufferedWriter | None = None

    @property
    def url(self) -> str:
        """The address, in libpq's form."""
        return f"postgresql://postgres@/postgres?host={quote(str(self.data))}"

    def join(self) -> None:
        """Start the server unless it runs; raise `SourceDown` with its own words if it cannot."""
        with self._door():
            self._users = (self.home / USERS_FILE).open("ab")
            try:
                fcntl.flock(self._users, fcntl.LOCK_SH)
                if not self.data.exists():
                    self._initialise(embedded_home.programs(self.home))
                if self._start():
                    self._set_guard()
            except BaseException:
                self._users.close()
                raise

    @property
    def is_running(self) -> bool:
        """Whether there is a process that serves, if not yet or not any more."""
        return embedded_guard.postmaster(self.data) is not None

    def revive(self) -> bool:
        """Start the server that we use if it has died; return whether we did.

        Of several processes that find it dead, one starts it. The guard of the first start still
        waits. Raises `SourceDown` if the server cannot be started.
        """
        with self._door():
            if self._users is None:
                return False
            if not self.data.exists():
                raise SourceDown(f"The data of the embedded PostgreSQL, {self.data}, are gone.")
            return self._start()

    def leave(self) -> None:
        """Stop the server if nobody else uses it, and return when it is gone."""
        if self._users is None:
            return
        with self._door(), self._users as users:
            fcntl.flock(users, fcntl.LOCK_UN)
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                fcntl.flock(users, fcntl.LOCK_SH)  # at once, or when the guard has stopped it
            else:
                embedded_guard.stop(self.data)
        self._users = None

    @contextmanager
    def _door(self) -> Iterator[None]:
        with (self.home / "postgres.lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _start(self) -> bool:
        """Wait until the server answers, started if need be; return whether it was."""
        programs, is_launched = embedded_home.programs(self.home), False
        started_at = time.monotonic()
        while (state := self._state(programs)) != READY:
            limit = RECOVERY_SECONDS if state == STARTING else self._patience
            if time.monotonic() - started_at > limit:
                raise SourceDown(f"The embedded PostgreSQL did not start: {self._last_words()}")
            if state != STARTING:
                self._launch(programs)
                is_launched = True
            time.sleep(0.02)
        return is_launched

    def _state(self, programs: Path) -> int:
        ask = (str(programs / "pg_isready"), "-q", "-U", "postgres", "-h", str(self.data))
        return _run(ask).returncode

    def _launch(self, programs: Path) -> None:
        """Start the server once; what a killed one left running may still be in the way."""
        for name in PID_FILES:
            self._disown_pid(self.data / name)
        where = ("-D", str(self.data), "-l", str(self.data / "log"))
        _run(
            (str(programs / "pg_ctl"), "start", "-w", "-s", *where),
            embedded_home.account(self.data),
        )

    def _set_guard(self) -> None:
        users = str(self.home / USERS_FILE)
        _run((sys.executable, "-IS", embedded_guard.__file__, users, str(self.data)))

    def _disown_pid(self, file: Path) -> None:
        """Take out of a file of the server a number that by now is no server's.

        It may be some other process's, or that of a killed server whom nobody has waited for. The
        file stays: with it the server makes sure that no part of its predecessor still runs.
        """
        pid = embedded_guard.written_pid(file)
        if pid is None or embedded_guard.postmaster(self.data) == pid:
            return
        _, _, rest = file.read_text("utf-8").partition("\n")
        file.write_text(f"{embedded_guard.NEVER_A_PROCESS}\n{rest}", "utf-8")

    def _initialise(self, programs: Path) -> None:
        """Create the data folder under a temporary name: a killed start leaves no partial one."""
        unfinished = self.data.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        owner = embedded_home.account(self.data)
        if owner:
            os.chown(unfinished, owner.pw_uid, owner.pw_gid)
        done = _run((str(programs / "initdb"), *self._options, "-D", str(unfinished)), owner)
        if done.returncode:
            raise SourceDown(f"The embedded PostgreSQL could not be set up: {done.stderr.strip()}")
        unfinished.rename(self.data)

    def _last_words(self) -> str:
        try:
            return " ".join((self.data / "log").read_text("utf-8", "replace").splitlines()[-5:])
        except OSError as error:
            return f"its log cannot be read ({error.strerror})"


def _run(words: Sequence[str], owner: struct_passwd | None = None) -> CompletedProcess[str]:
    """Run a program as `owner`, or as ourselves, out of reach of our terminal's Ctrl-C."""
    return subprocess.run(  # noqa: S603 - our own programs and paths
        words,
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        start_new_session=True,
        user=owner.pw_uid if owner else None,
        group=owner.pw_gid if owner else None,
        extra_groups=[] if owner else None,
    )
