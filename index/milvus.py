"""A Milvus cluster as this program uses it; no other module imports pymilvus.

A snapshot is three collections whose names end in the snapshot's own: its files, its units and its
chunks. The alias ``policy_qa`` stands for the files of the one in use, and is all that is switched.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from index.address import Address
from index.errors import ClusterError

Kind = Literal["files", "units", "chunks"]
KINDS: tuple[Kind, ...] = ("files", "units", "chunks")
ALIAS = "policy_qa"
# What Milvus returns at most, of a search and of a query.
LIMIT = 16_384
# Below, every chunk is compared; from here, a graph (HNSW, as Malkov and Yashunin describe it) is
# followed, with the parameters that Milvus itself takes for its automatic index.
GRAPH_FROM = 100_000
_GRAPH = {"M": 18, "efConstruction": 240}
# A graph is searched at least so widely: FAISS' and Milvus' usual 64 loses some of the best hundred.
_WIDTH = 512
# Bytes of a text field at most; a name of a file.
TEXT = 65_535
_NAME = 512
# Seconds until a cluster that does not answer counts as unreachable: at first, and in a question.
_CONNECTING = 10.0
_ASKING = 30.0
# Milliseconds between signs of life on an idle connection: unless it is told otherwise, a gRPC server
# hangs up on who gives more than one in five minutes, which the client would every ten seconds.
_STILL_THERE = 300_000


def collection_name(kind: Kind, snapshot: str) -> str:
    """Return the name of the collection that holds the ``kind`` of rows of a snapshot."""
    return f"{ALIAS}_{kind}_{snapshot}"


class Cluster:
    """A connection, which threads may share. Every method raises ClusterError where it fails."""

    def __init__(self, address: Address) -> None:
        """Connect to ``address``; ClusterError where pymilvus is not installed too."""
        self.address = address
        try:
            import grpc
            import pymilvus
        except ImportError as error:
            raise ClusterError(
                f"{address}：没有安装 Milvus 的客户端。请运行 pip install 'policy-qa[milvus]'。\n"
                f"{address}: the Milvus client is not installed. Run: pip install 'policy-qa[milvus]'"
            ) from error
        # Failures are told once, as errors of ours.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
        self._failures = (pymilvus.MilvusException, grpc.RpcError)
        self._types: Any = pymilvus.DataType
        with self._telling():
            self._client = pymilvus.MilvusClient(
                uri=address.uri,
                token=address.token,
                db_name=address.database,
                timeout=_CONNECTING,
                grpc_options={"grpc.keepalive_time_ms": _STILL_THERE},
            )

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            reason = str(getattr(error, "message", "") or error).strip().replace("\n", " ")
            if self.address.token:
                reason = reason.replace(self.address.token, "…")
            raise ClusterError(
                f"{self.address}：Milvus 集群无法访问或拒绝了请求（{reason}）。请检查地址、用户名、密码和"
                "数据库，以及集群是否在运行。\n"
                f"{self.address}: the Milvus cluster cannot be reached or refused a request ({reason}). "
                "Check the address, user, password and database, and that the cluster is running."
            ) from error

    def current(self) -> str | None:
        """Return the snapshot in use, None where there is none."""
        prefix = collection_name("files", "")
        with self._telling():
            for name in self._client.list_collections(timeout=_ASKING):
                if name.startswith(prefix):
                    found = self._client.list_aliases(name, timeout=_ASKING)
                    if ALIAS in found["aliases"]:
                        return str(name.removeprefix(prefix))
        return None

    def snapshots(self) -> set[str]:
        """Return the snapshots of which there is any collection."""
        prefixes = tuple(collection_name(kind, "") for kind in KINDS)
        with self._telling():
            names = self._client.list_collections(timeout=_ASKING)
        return {name.rpartition("_")[2] for name in names if name.startswith(prefixes)}

    def create(self, kind: Kind, snapshot: str, *, dimension: int) -> None:
        """Create an empty collection; ``dimension`` is that of the chunks' vectors."""
        types = self._types
        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", types.INT64, is_primary=True)
        if kind == "files":
            schema.add_field("name", types.VARCHAR, max_length=_NAME)
            schema.add_field("modified", types.INT64)
            schema.add_field("data", types.VARCHAR, max_length=TEXT)
            # Milvus has no collection without a vector.
            schema.add_field("vector", types.FLOAT_VECTOR, dim=2)
        else:
            schema.add_field("document", types.INT64)
        if kind == "units":
            schema.add_field("terms", types.SPARSE_FLOAT_VECTOR)
        if kind == "chunks":
            schema.add_field("vector", types.FLOAT_VECTOR, dim=dimension)
        with self._telling():
            self._client.create_collection(collection_name(kind, snapshot), schema=schema)

    def insert(self, kind: Kind, snapshot: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows, with a value for each field."""
        with self._telling():
            self._client.insert(collection_name(kind, snapshot), list(rows))

    def complete(self, kind: Kind, snapshot: str, rows: int) -> None:
        """Index what was added and have it ready; ClusterError where it is not ``rows`` rows."""
        name = collection_name(kind, snapshot)
        indexes = self._client.prepare_index_params()
        if kind == "units":
            indexes.add_index("terms", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        elif kind == "chunks" and rows >= GRAPH_FROM:
            indexes.add_index("vector", index_type="HNSW", metric_type="IP", params=_GRAPH)
        else:
            indexes.add_index("vector", index_type="FLAT", metric_type="IP")
        if kind != "files":
            indexes.add_index("document", index_type="INVERTED")
        with self._telling():
            self._client.flush(name)
            self._client.create_index(name, indexes)
            self._client.load_collection(name)
        if (found := self.count(kind, snapshot)) != rows:
            raise ClusterError(
                f"{self.address}：上传不完整（{name}：{found}/{rows}），原有索引未改变。请重新运行。\n"
                f"{self.address}: the upload is incomplete ({name}: {found}/{rows}); the present index "
                "is unchanged. Run the command again."
            )

    def load(self, snapshot: str) -> None:
        """Have those of a snapshot's collections ready that there are; a restart may release them."""
        for kind in KINDS:
            name = collection_name(kind, snapshot)
            with self._telling():
                if self._client.has_collection(name, timeout=_ASKING):
                    self._client.load_collection(name)

    def count(self, kind: Kind, snapshot: str) -> int | None:
        """Return how many rows a collection has, None where there is no such collection."""
        name = collection_name(kind, snapshot)
        with self._telling():
            if not self._client.has_collection(name, timeout=_ASKING):
                return None
            counted = self._client.query(
                name, filter="", output_fields=["count(*)"], consistency_level="Strong"
            )
        return int(counted[0]["count(*)"])

    def switch(self, snapshot: str) -> None:
        """Make a snapshot, whose collections are complete, the one in use."""
        name, current = collection_name("files", snapshot), self.current()
        with self._telling():
            if current is None:
                self._client.create_alias(name, ALIAS)
            else:
                self._client.alter_alias(name, ALIAS)

    def drop(self, snapshot: str) -> None:
        """Remove the collections of a snapshot; where it is in use, none is afterwards."""
        if self.current() == snapshot:
            with self._telling():
                self._client.drop_alias(ALIAS)
        for kind in KINDS:
            with self._telling():
                self._client.drop_collection(collection_name(kind, snapshot), timeout=_ASKING)

    def nearest(
        self, kind: Kind, snapshot: str, question: Any, depth: int, admission: str, *, rows: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the ids with the largest inner products, up to ``depth``, best first, and these.

        ``question`` is a vector, or {dimension: weight} among units; ``admission`` is a Milvus
        expression, "" for all; ``rows`` is the size of the collection.
        """
        graph = kind == "chunks" and rows >= GRAPH_FROM
        with self._telling():
            found = self._client.search(
                collection_name(kind, snapshot),
                data=[question],
                anns_field="terms" if kind == "units" else "vector",
                limit=min(depth, LIMIT),
                filter=admission,
                output_fields=["id"],
                search_params={
                    "metric_type": "IP",
                    "params": {"ef": max(_WIDTH, depth)} if graph else {},
                },
                timeout=_ASKING,
            )[0]
        return (
            np.array([hit["id"] for hit in found], dtype=np.int64),
            np.array([hit["distance"] for hit in found], dtype=np.float32),
        )

    def rows(
        self, kind: Kind, snapshot: str, expression: str, fields: Sequence[str]
    ) -> list[dict[str, Any]]:
        """Return ``fields`` and the id of the rows that meet ``expression``, in order of id."""
        with self._telling():
            found = self._client.query(
                collection_name(kind, snapshot),
                filter=expression,
                output_fields=["id", *fields],
                limit=LIMIT,
                timeout=_ASKING,
            )
        return sorted((dict(row) for row in found), key=lambda row: int(row["id"]))
