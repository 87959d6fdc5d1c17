"""A linear map that turns a question's vector towards the clauses that answer such questions.

f(q) = (q + qW) / |q + qW|, with a matrix W that is learnt from questions and their clauses
(``evaluation/tuning.py``). Only questions go through it, so the index needs no rebuilding. One for
the default model ships with the package; an office's own takes its place.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import zipfile
import zlib
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from documents.library import policy_home
from documents.storage import write_atomically
from index.default_model import DEFAULT_MODEL
from index.errors import AdapterError
from index.types import Encoder, Vectors

_SHIPPED = "multilingual-e5-small.npz"
# Bytes of the record that ends an archive without a comment.
_END = 22


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """Whose vectors: an encoder's name, fingerprint and length of a vector."""

    name: str
    fingerprint: str
    dimension: int


@dataclass(frozen=True, slots=True, eq=False)
class QueryAdapter:
    """W, of shape (dimension, dimension), the encoder it was learnt for, and what from."""

    matrix: Vectors
    encoder: EncoderIdentity
    description: str

    def __post_init__(self) -> None:
        """Refuse with ValueError a matrix that is not square, of another size, or not finite."""
        size = self.encoder.dimension
        if self.matrix.shape != (size, size):
            raise ValueError(f"matrix of shape {self.matrix.shape}, must be {(size, size)}")
        if not np.isfinite(self.matrix).all():
            raise ValueError("matrix is not finite")

    @property
    def fingerprint(self) -> str:
        """Identity of the map: equal for equal matrices, as they are stored."""
        return hashlib.sha256(self.matrix.astype("<f2").tobytes()).hexdigest()[:16]

    @property
    def label(self) -> str:
        """What to call it where people read: fingerprint and origin."""
        return f"{self.fingerprint} ({self.description})"

    def apply(self, vectors: Vectors) -> Vectors:
        """Map question vectors of shape (n, dimension) to unit vectors of the same shape.

        A vector that the map would send to zero stays as it is. ValueError where the shape differs.
        """
        if vectors.ndim != 2 or vectors.shape[1] != self.encoder.dimension:
            raise ValueError(f"vectors of shape {vectors.shape}, not (n, {self.encoder.dimension})")
        moved = vectors + vectors @ self.matrix
        lengths = np.linalg.norm(moved, axis=1, keepdims=True)
        adapted: Vectors = np.where(lengths > 0, moved / np.where(lengths > 0, lengths, 1), vectors)
        return adapted.astype(np.float32)

    def fits(self, encoder: EncoderIdentity) -> bool:
        """Whether the encoder's vectors are those it was learnt for.

        The fingerprint covers files that a library's next release may write differently, so the
        default model is also known by its name, which always means the same weights.
        """
        if self.encoder.dimension != encoder.dimension:
            return False
        same_name = self.encoder.name == encoder.name == DEFAULT_MODEL
        return same_name or self.encoder.fingerprint == encoder.fingerprint


def identify(encoder: Encoder) -> EncoderIdentity:
    """Return the identity of an encoder."""
    return EncoderIdentity(encoder.name, encoder.fingerprint, encoder.dimension)


def own_adapter() -> Path:
    """Return where an office's own adapter lies, whether or not there is one."""
    return policy_home() / "adapter.npz"


def load_adapter(encoder: EncoderIdentity) -> QueryAdapter | None:
    """Return the adapter for the encoder's questions; None where none is meant for it.

    That is the file that POLICY_QA_ADAPTER names, else the office's own, else the one that ships.
    An own file that is damaged or meant for another model is passed over, and said so on standard
    error; AdapterError where the one that POLICY_QA_ADAPTER names is.
    """
    named = os.environ.get("POLICY_QA_ADAPTER")
    if named:
        return _read_fitting(Path(named).expanduser(), encoder)
    if own_adapter().exists():
        try:
            return _read_fitting(own_adapter(), encoder)
        except AdapterError as error:
            print(error, file=sys.stderr)
    return shipped_adapter(encoder)


def shipped_adapter(encoder: EncoderIdentity) -> QueryAdapter | None:
    """Return the adapter that ships with the package; None where it is for another encoder."""
    with resources.as_file(resources.files("index").joinpath("weights", _SHIPPED)) as path:
        adapter = read_adapter(path)
    return adapter if adapter.fits(encoder) else None


def read_adapter(path: Path) -> QueryAdapter:
    """Read an adapter; AdapterError where the file is missing, damaged or none of ours."""
    try:
        with np.load(io.BytesIO(_unseal(path.read_bytes())), allow_pickle=False) as file:
            facts = json.loads(str(file["facts"]))
            matrix = file["matrix"].astype(np.float32)
        return QueryAdapter(matrix, EncoderIdentity(**facts["encoder"]), facts["description"])
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise _unusable(path, str(error), str(error)) from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise _unusable(path, "文件已损坏", f"the file is damaged: {error}") from error


def save_adapter(adapter: QueryAdapter, path: Path) -> None:
    """Write an adapter in half precision, a SHA-256 behind it, in one step.

    AdapterError where that cannot be done.
    """
    facts = {"encoder": asdict(adapter.encoder), "description": adapter.description}
    data = io.BytesIO()
    np.savez_compressed(
        data,
        matrix=adapter.matrix.astype("<f2"),
        facts=np.array(json.dumps(facts, ensure_ascii=False, sort_keys=True)),
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data.getvalue() + hashlib.sha256(data.getvalue()).digest())
    except OSError as error:
        raise AdapterError(
            f"{path}：无法写入（{error}）。请检查权限和磁盘空间，或用 --out 指定其他文件。\n"
            f"{path}: cannot be written ({error}); check permissions and disk space, or name "
            "another file with --out."
        ) from error


def _unseal(data: bytes) -> bytes:
    """Return a file without the SHA-256 behind it, which one of an earlier version has not.

    ValueError where it has another one.
    """
    body, seal = data[:-32], data[-32:]
    if hashlib.sha256(body).digest() == seal:
        return body
    # Without one, the archive's own end is the last that there is.
    if data[-_END:][:4] != b"PK\5\6":
        raise ValueError("checksum differs")
    return data


def _read_fitting(path: Path, encoder: EncoderIdentity) -> QueryAdapter:
    adapter = read_adapter(path)
    if not adapter.fits(encoder):
        theirs = adapter.encoder.name
        raise _unusable(
            path,
            f"为模型 {theirs} 训练，当前模型是 {encoder.name}",
            f"it was trained for the model {theirs}, the present one is {encoder.name}",
        )
    return adapter


def _unusable(path: Path, chinese: str, english: str) -> AdapterError:
    return AdapterError(
        f"{path}：问题适配器无法使用（{chinese}）。请删除该文件，或用 python -m evaluation tune 重新训练。\n"
        f"{path}: this query adapter cannot be used ({english}). Delete the file, or train it anew "
        "with: python -m evaluation tune"
    )
