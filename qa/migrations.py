"""Numbered steps that bring an SQLite file from any earlier version to the present one.

A file says what it is (``PRAGMA application_id``) and how many steps it has seen (``user_version``).
Step n, counted from 1, is ``steps[n - 1]``; step 1 makes the tables of an empty file. Each is one
transaction together with the number it leads to: a stop half way, or a full disk, leaves the file at
the version before. Steps are only ever added at the end: a file that was written by an earlier
release has seen exactly the first ones.

No copy is kept of the file as it was: a step may be there to remove what should not have been kept.
``python -m qa backup`` makes one for whoever wants one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

Step = Callable[[sqlite3.Connection], None]

_STATE = """
SELECT (SELECT user_version FROM pragma_user_version),
       (SELECT application_id FROM pragma_application_id),
       (SELECT count(*) FROM sqlite_master)
"""


class ForeignFileError(Exception):
    """The file is an SQLite database, but not of this application; nothing was changed."""


class NewerVersionError(Exception):
    """The file has seen more steps than this program knows; nothing was changed."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"version {found}, this program knows {known}")
        self.found = found
        self.known = known


def statements(*texts: str) -> Step:
    """Return the step that runs these statements, one after the other."""

    def run(connection: sqlite3.Connection) -> None:
        for text in texts:  # not executescript, which would commit first
            connection.execute(text)

    return run


def migrate(connection: sqlite3.Connection, steps: Sequence[Step], application_id: int) -> int:
    """Run the steps that the file has not seen; return how many were run.

    ``connection`` is one without transactions of its own (``isolation_level=None``) and outside any.
    Two processes may do this at once: each step is run by one of them. ForeignFileError,
    NewerVersionError; whatever a step raises, with what it did taken back. What a step deletes or
    overwrites does not stay in the file.
    """
    run = 0
    while (version := read_version(connection, application_id)) < len(steps):
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have been first.
            if read_version(connection, application_id) == version:
                steps[version](connection)
                connection.execute(f"PRAGMA application_id = {application_id:d}")
                connection.execute(f"PRAGMA user_version = {version + 1:d}")
                run += 1
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite itself ends it on some errors
                connection.execute("ROLLBACK")
            raise
    if version > len(steps):
        raise NewerVersionError(version, len(steps))
    return run


def read_version(connection: sqlite3.Connection, application_id: int) -> int:
    """Return how many steps the file has seen, 0 of an empty one; ForeignFileError."""
    # One statement, so that no other process comes in between.
    version, application, tables = connection.execute(_STATE).fetchone()
    if application == application_id and version > 0:
        return int(version)
    if tables or version or application:
        raise ForeignFileError
    return 0
