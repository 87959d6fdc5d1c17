"""How well passages answer a question, read together with it by a cross-encoder: `load_reranker`.

Nogueira, Cho, "Passage Re-ranking with BERT", 2019. Better than comparing vectors and far slower, so
it is for a few candidates only, and only where an installation has such a model: none is shipped.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from index.fusion import Scores
from index.models import Family, model_cache, no_progress_bars, open_model, readable
from index.types import Reranker

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

# Pairs read at once, as for the encoder.
_BATCH = 8
# Some models take 8,192 tokens, and some do not say that they take no more than this.
_MAX_TOKENS = 512

_RERANKERS = Family(
    zh="重排模型",
    en="reranker",
    kind="cross-encoder",
    option="--reranker",
    variable="POLICY_QA_RERANKER",
    owner="cross-encoder",
    marker="config.json",
)


@dataclass(frozen=True, slots=True, eq=False)
class PairReranker:
    """A cross-encoder on the CPU, as the protocol `Reranker` wants it.

    The same call gives the same bytes again on the same machine; what else is in the call changes a
    score by float noise only, through the padding of its batch. Pairs longer than 512 tokens, or
    than the model reads, are cut. Safe to use from several threads.

    Attributes:
        name: what `load_reranker` was given; it loads the same again.
        fingerprint: identity of what makes the scores. For a folder, `sha256:` over its files,
            wherever it lies; for a name on the hub, `name@revision`.
    """

    name: str
    fingerprint: str
    _model: CrossEncoder = field(repr=False)

    def score(self, question: str, passages: Sequence[str]) -> Scores:
        """Return the logits that each of ``passages`` answers ``question``: float32, (n,)."""
        [asked] = readable([question])
        pairs = [(asked, passage) for passage in readable(passages)]
        return _predict(self._model, pairs)


def wanted_reranker(name_or_path: str | None = None) -> str | None:
    """Return the argument, else POLICY_QA_RERANKER, else None: nothing is re-ranked."""
    return name_or_path or os.environ.get("POLICY_QA_RERANKER") or None


def load_reranker(name_or_path: str) -> Reranker:
    """Load a cross-encoder: a sequence classifier that gives a pair of texts one score.

    Args:
        name_or_path: its folder, or its name on the hub, which is looked up in the local cache
            first.

    Raises:
        ModelError: it cannot be found or loaded, or is another kind of model; the message names it,
            the reason, and how to supply one offline.
    """
    model, identity = open_model(
        name_or_path, _RERANKERS, lambda path, local: _open(path, name_or_path, local=local)
    )
    return PairReranker(name_or_path, identity, model)


_loaded: dict[str, Reranker] = {}
_loading = threading.Lock()


def shared_reranker(name_or_path: str) -> Reranker:
    """Return what `load_reranker` does, loaded once in this process: it may take gigabytes."""
    with _loading:
        if name_or_path not in _loaded:
            _loaded[name_or_path] = load_reranker(name_or_path)
        return _loaded[name_or_path]


def _open(path_or_name: str, name: str, *, local: bool) -> CrossEncoder:
    import torch

    with no_progress_bars():
        from sentence_transformers import CrossEncoder
        from transformers import AutoConfig

        # Any other model would load as well, with a last layer of random weights.
        config = AutoConfig.from_pretrained(
            path_or_name, cache_dir=model_cache(), local_files_only=local
        )
        architectures = config.architectures or ["?"]
        if config.num_labels != 1 or not architectures[0].endswith("ForSequenceClassification"):
            raise _RERANKERS.error(
                name,
                f"它是 {architectures[0]}（num_labels={config.num_labels}），"
                "不是只给出一个分数的 cross-encoder",
                f"it is a {architectures[0]} (num_labels={config.num_labels}), not a "
                "cross-encoder, which gives a single score",
            )
        model: CrossEncoder = CrossEncoder(
            path_or_name,
            device="cpu",
            local_files_only=local,
            # Weights stored in half precision are slower on a CPU, and less precise.
            model_kwargs={"dtype": torch.float32},
        )
    model.max_seq_length = min(model.max_seq_length or _MAX_TOKENS, _MAX_TOKENS)
    # Not every model that loads can score. This also settles the tokenizer's truncation and padding,
    # which it keeps as state: to change it while another thread tokenises would raise.
    if not np.isfinite(_predict(model, [("一", "二")])).all():
        raise ValueError("its scores are not numbers")
    return model


def _predict(model: CrossEncoder, pairs: list[tuple[str, str]]) -> Scores:
    import torch

    # What the model itself would do to its logits differs from model to model. The library enters
    # torch.inference_mode, and puts pairs of like length together.
    scores: Scores = np.asarray(
        model.predict(
            pairs,
            batch_size=_BATCH,
            show_progress_bar=False,
            activation_fn=torch.nn.Identity(),
        ),
        dtype=np.float32,
    )
    return scores
