"""All exceptions of the package.

PolicyIndexError
├── ModelError             an encoder or a reranker cannot be prepared, found or loaded
├── SnapshotError          a saved index is missing, damaged, or made for another model or version
├── BuildInProgressError   another process is building the same index
├── OutdatedIndexError     the library was changed, but its index could not be
├── ClusterError           a Milvus cluster cannot be reached, or does not hold what it should
└── AdapterError           a query adapter is missing, damaged, or made for another model

Messages meant for users are two lines: Chinese first, then English. Each says what happened, where,
and what to do.
"""


class PolicyIndexError(Exception):
    """Base of everything this package raises on purpose."""


class ModelError(PolicyIndexError):
    """An encoder or a reranker cannot be prepared, found or loaded."""


class SnapshotError(PolicyIndexError):
    """A saved index is missing, damaged, or was made for another model or version."""


class BuildInProgressError(PolicyIndexError):
    """Another process is building the same index."""


class OutdatedIndexError(PolicyIndexError):
    """The library was changed, but its index could not be brought up to date."""


class ClusterError(PolicyIndexError):
    """A Milvus cluster cannot be reached, or does not hold what it should."""


class AdapterError(PolicyIndexError):
    """A query adapter is missing, damaged, made for another model, or cannot be written."""
