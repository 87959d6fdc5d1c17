"""Any sentence-transformers model, run by torch: `load_sentence_encoder`.

Torch and sentence-transformers are imported on the first load, because that alone takes seconds.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from index.default_model import (
    DEFAULT_MODEL,
    E5_PROMPTS,
    installed_weights,
    prepare_default_model,
)
from index.late_interaction import join, quantize
from index.models import Family, no_progress_bars, open_model, readable
from index.types import Codes, TokenVectors, Vectors

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

# Texts encoded at once. On two cores 224 passages (170 characters on average) took 10.6 s in
# batches of 8, 11.7 of 16, 14.0 of 32, 22.7 of 64, and 17.4 one by one. Small batches also leave
# gaps for a question while documents are indexed.
_BATCH = 8

# Without modules.json sentence-transformers would guess the pooling, and the vectors might be poor.
_ENCODERS = Family(
    zh="模型",
    en="model",
    kind="sentence-transformers",
    option="--model",
    variable="POLICY_QA_MODEL",
    owner="sentence-transformers",
    marker="modules.json",
)

# Published e5 models need prompts that their files do not carry; -instruct models are not meant.
_E5 = re.compile(r"(?:^|[/\\_-])(?:multilingual-)?e5-(?:small|base|large)(?:-v2)?$")

# How many tokens before and after a text are not its own: special tokens, and those of its prompt.
Margins = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class SentenceEncoder:
    """A sentence-transformers model on the CPU, as the protocol `Encoder` wants it.

    Vectors are float32, unit length, one row a text, in the order given. Texts longer than
    `max_tokens` are cut. The same call gives the same bytes again on the same machine; what else is
    in the call changes a text's vector by float noise only (1e-7 a component), through the padding
    of its batch. Safe to use from several threads.

    Attributes:
        name: what `load_encoder` was given, or the default model's name; it loads the same again.
        fingerprint: identity of what makes the vectors. For a folder, `sha256:` over its files and
            prompts, wherever it lies; for a name on the hub, `name@revision`.
        dimension: length of a vector.
        max_tokens: tokens the model reads, prompt and special tokens included.
    """

    name: str
    fingerprint: str
    dimension: int
    max_tokens: int
    _model: SentenceTransformer = field(repr=False)
    _query_margins: Margins | None = field(repr=False)
    _document_margins: Margins | None = field(repr=False)

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Questions -> (len(texts), dimension); with the model's query prompt, if it has one."""
        return self._encode(self._model.encode_query, texts)

    def encode_document(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> Vectors:
        """Passages -> (len(texts), dimension); with the model's document prompt, if it has one.

        Args:
            texts: encoded from the longest down, in batches of like length, so that little is
                spent on padding and memory is at its peak first.
            progress: called after each batch with the texts done and all texts.
        """
        return self._encode(self._model.encode_document, texts, progress)

    def encode_query_tokens(self, text: str) -> tuple[Vectors, Vectors]:
        """One question -> (1, dimension), and a unit vector for each of its own tokens."""
        [features] = self._features(self._model.encode_query, readable([text]))
        tokens = _own_tokens(features, self._query_margins)
        lengths = np.linalg.norm(tokens, axis=1, keepdims=True)
        return _pooled([features]), tokens / np.maximum(lengths, np.finfo(np.float32).tiny)

    def encode_document_tokens(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> tuple[Vectors, TokenVectors]:
        """Passages -> (len(texts), dimension), the same as `encode_document`, and their tokens.

        What lies beyond `max_tokens` has no tokens. Args: those of `encode_document`.
        """
        texts = readable(texts)
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        tokens: list[Codes] = [np.empty((0, 0), dtype=np.int8)] * len(texts)
        for rows in _batches(texts, progress):
            found = self._features(self._model.encode_document, [texts[row] for row in rows])
            vectors[rows] = _pooled(found)
            for row, features in zip(rows, found, strict=True):
                tokens[row] = quantize(_own_tokens(features, self._document_margins))
        return vectors, join(tokens)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a document, prompt and special tokens included, before any cut.

        A text is read whole by `encode_document` exactly when this is at most `max_tokens`.
        """
        tokenizer = self._model.tokenizer
        prompt = self._model.prompts["document"] or ""
        prompted = [prompt + text for text in readable(texts)]
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is None:  # written in Python: slower, but it can be told not to cut
            uncut = tokenizer(prompted, truncation=False, padding=False, verbose=False)
            return [len(ids) for ids in uncut["input_ids"]]
        # The backend keeps its truncation as state, shared with threads that are encoding. Rather
        # than switch that off, count what was cut too.
        special = tokenizer.num_special_tokens_to_add()
        counts = []
        for start in range(0, len(prompted), _BATCH):
            for encoding in backend.encode_batch(prompted[start : start + _BATCH]):
                parts = [encoding, *encoding.overflowing]
                counts.append(special + sum(part.special_tokens_mask.count(0) for part in parts))
        return counts

    def _encode(
        self,
        encode: Callable[..., Vectors],
        texts: Sequence[str],
        progress: Callable[[int, int], None] | None = None,
    ) -> Vectors:
        texts = readable(texts)
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for rows in _batches(texts, progress):
            # sentence-transformers itself enters torch.inference_mode
            vectors[rows] = encode(
                [texts[row] for row in rows],
                batch_size=_BATCH,
                show_progress_bar=False,
                normalize_embeddings=True,
            )
        return vectors

    def _features(
        self, encode: Callable[..., Any], texts: Sequence[str]
    ) -> list[dict[str, torch.Tensor]]:
        """All that the model makes of each text: of the whole, and of its tokens."""
        found: list[dict[str, torch.Tensor]] = encode(
            texts, batch_size=_BATCH, show_progress_bar=False, output_value=None
        )
        return found


def load_sentence_encoder(
    wanted: str, *, progress: Callable[[str], None] | None = None
) -> SentenceEncoder:
    """Load the model ``wanted``, a folder or a name; see ``index.encoder.load_encoder``."""
    folder = None
    there = os.path.isdir(os.path.expanduser(wanted))
    if not there and wanted == DEFAULT_MODEL and installed_weights() is not None:
        folder = str(prepare_default_model(progress=progress))
    if progress is not None:
        progress(f"正在加载模型 {wanted} / Loading model {wanted}")
    model, identity = open_model(
        wanted, _ENCODERS, lambda path, local: _open(path, wanted, local=local), folder=folder
    )
    query, document = _margins(model, "query"), _margins(model, "document")
    # After the tokenizer was asked, this settles its state again: see _open.
    dimension = model.encode_document(["一"], show_progress_bar=False).shape[1]
    max_tokens = int(min(model.max_seq_length or sys.maxsize, sys.maxsize))
    return SentenceEncoder(wanted, identity, dimension, max_tokens, model, query, document)


def _open(path_or_name: str, name: str, *, local: bool) -> SentenceTransformer:
    import torch

    with no_progress_bars():
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(
            path_or_name,
            device="cpu",
            local_files_only=local,
            # Weights stored in half precision are slower on a CPU, and less precise.
            model_kwargs={"dtype": torch.float32},
        )
    if not any(model.prompts.values()) and _E5.search(name.rstrip("/\\")):
        model.prompts.update(E5_PROMPTS)
    # encode_document looks for document, passage, corpus in turn, but stops at document even where
    # that is the empty default.
    document = (model.prompts.get(key) for key in ("document", "passage", "corpus"))
    model.prompts["document"] = next(filter(None, document), "")
    # Not every model that loads can encode. This also settles the tokenizer's truncation and
    # padding, which it keeps as state: to change it while another thread tokenises would raise.
    model.encode_query(["一"], show_progress_bar=False)
    return model


def _margins(model: SentenceTransformer, kind: str) -> Margins | None:
    """The tokens that are not a text's own; None where the model has no vectors of tokens."""
    encoded: Any = model.encode_document(["一"], show_progress_bar=False, output_value=None)
    [features] = encoded
    if not {"token_embeddings", "attention_mask"} <= features.keys():
        return None
    # White space at the end of a prompt goes into the first token of the text.
    text = (model.prompts.get(kind) or "").rstrip() or "一"
    whole = list(model.tokenizer(text)["input_ids"])
    bare = list(model.tokenizer(text, add_special_tokens=False)["input_ids"])
    front = next(start for start in range(len(whole)) if whole[start : start + len(bare)] == bare)
    prompt = len(bare) if model.prompts.get(kind) else 0
    return front + prompt, len(whole) - front - len(bare)


def _own_tokens(features: dict[str, torch.Tensor], margins: Margins | None) -> Vectors:
    """The vectors of a text's own tokens, (tokens, dimension), as long as the model made them."""
    if margins is None:
        return np.empty((0, 0), dtype=np.float32)
    read = features["attention_mask"].bool()
    vectors: Vectors = features["token_embeddings"][read].numpy()
    front, back = margins
    return vectors[front : max(front, len(vectors) - back)]


def _pooled(found: Sequence[dict[str, torch.Tensor]]) -> Vectors:
    """The unit vectors of whole texts, (len(found), dimension), as the model itself makes them."""
    import torch

    vectors = torch.stack([features["sentence_embedding"] for features in found])
    unit: Vectors = torch.nn.functional.normalize(vectors, p=2, dim=1).numpy()
    return unit


def _batches(
    texts: Sequence[str], progress: Callable[[int, int], None] | None
) -> Iterator[list[int]]:
    """Yield the numbers of the texts from the longest down, and report each batch when done."""
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    for start in range(0, len(order), _BATCH):
        rows = order[start : start + _BATCH]
        yield rows
        if progress is not None:
            progress(start + len(rows), len(texts))
