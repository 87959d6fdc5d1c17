"""LlamaIndex: BM25Retriever and a vector index, fused by QueryFusionRetriever without an LLM.

As its documentation puts them together, with ``num_queries=1`` so that no query is generated:
https://docs.llamaindex.ai/en/stable/examples/retrievers/bm25_retriever/,
https://docs.llamaindex.ai/en/stable/examples/retrievers/reciprocal_rerank_fusion/,
https://docs.llamaindex.ai/en/stable/examples/vector_stores/FaissIndexDemo/.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import faiss
from llama_index.core import MockEmbedding, Settings, StorageContext, VectorStoreIndex
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
from llama_index.core.schema import QueryBundle, TextNode
from llama_index.retrievers.bm25 import BM25Retriever
from llama_index.vector_stores.faiss import FaissVectorStore

from evaluation.baseline import cut_words
from evaluation.peers.task import Passages
from evaluation.peers.trial import DEPTH, FUSED, Encode, Find, main


@dataclass(frozen=True, slots=True)
class Way:
    """How it is put together.

    ``words``: Chinese is cut by jieba. BM25Retriever takes a pattern and a stemmer, but no function
    that cuts (its ``tokenizer`` is deprecated and ignored), so texts and questions come with spaces
    between words, are matched by a pattern that keeps words of one character, and are not stemmed.
    ``faiss``: vectors in FAISS instead of the default store. By inner product, because both fusions
    take a higher score for a better one, and the distances of the example's index are the reverse.
    """

    words: bool = False
    faiss: bool = False
    mode: FUSION_MODES = FUSION_MODES.RECIPROCAL_RANK


def build(way: Way, passages: Passages, encode: Encode) -> Find:
    """Return the two retrievers fused in this ``way``."""
    # Neither is ever asked: vectors are given, and no query is generated. Without them the library
    # would look for an account at OpenAI.
    Settings.embed_model, Settings.llm = MockEmbedding(passages.vectors.shape[1]), MockLLM()
    spaced = _spaced if way.words else str
    nodes = [
        TextNode(id_=str(row), text=spaced(text), embedding=vector.tolist())
        for row, (text, vector) in enumerate(zip(passages.texts, passages.vectors, strict=True))
    ]
    storage = StorageContext.from_defaults(vector_store=_store(way, passages))
    index = VectorStoreIndex(nodes, storage_context=storage)
    pattern = {"token_pattern": r"(?u)\b\w+\b", "skip_stemming": True} if way.words else {}
    both = QueryFusionRetriever(
        [
            index.as_retriever(similarity_top_k=DEPTH),
            BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=DEPTH, **pattern),
        ],
        mode=way.mode,
        num_queries=1,
        similarity_top_k=FUSED,
    )

    def find(question: str) -> list[int]:
        asked = QueryBundle(spaced(question), embedding=encode(question).tolist())
        return [int(found.node.node_id) for found in both.retrieve(asked)]

    return find


def _store(way: Way, passages: Passages) -> FaissVectorStore | None:
    """Return the store of the vectors; None is the default one, which keeps them in lists."""
    return FaissVectorStore(faiss.IndexFlatIP(passages.vectors.shape[1])) if way.faiss else None


def _spaced(text: str) -> str:
    return " ".join(cut_words(text))


if __name__ == "__main__":
    relative = FUSION_MODES.RELATIVE_SCORE
    ways = {
        "shipped": Way(),
        "jieba": Way(words=True),
        "jieba-faiss": Way(words=True, faiss=True),
        "jieba-faiss-relative": Way(words=True, faiss=True, mode=relative),
    }
    main(
        {name: partial(build, way) for name, way in ways.items()},
        [
            "llama-index-core",
            "llama-index-retrievers-bm25",
            "llama-index-vector-stores-faiss",
            "bm25s",
            "faiss-cpu",
        ],
    )
