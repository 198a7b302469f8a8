"""Arrow batches in unnamed temporary files, which disappear however the process ends."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import pyarrow as pa
from pyarrow import ipc

from app.kit.folders import make_private


class Spool:
    """A file of batches of one schema, written first and read afterwards."""

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        self.schema = schema
        self._file = file
        self._writer = ipc.new_stream(file, schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch."""
        self._writer.write_batch(batch)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield what was written; nothing can be added any more."""
        self._writer.close()
        self._file.seek(0)
        yield from ipc.open_stream(self._file)


class Spools:
    """Opens spools in a folder; all are gone when the context is left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        make_private(self._folder)
        return self

    def open(self, schema: pa.Schema) -> Spool:
        """Return a new spool."""
        file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed by the stack
        self._stack.callback(file.close)
        return Spool(file, schema)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()
