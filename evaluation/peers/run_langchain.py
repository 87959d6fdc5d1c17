"""LangChain: BM25Retriever and FAISS, fused by EnsembleRetriever with its own weights and constant.

As its documentation puts them together:
https://python.langchain.com/docs/how_to/ensemble_retriever/,
https://python.langchain.com/docs/integrations/retrievers/bm25/ (``preprocess_func``),
https://python.langchain.com/docs/integrations/vectorstores/faiss/.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.retrievers import BM25Retriever
from langchain_community.vectorstores import FAISS
from langchain_core.embeddings import Embeddings

from evaluation.baseline import cut_words
from evaluation.peers.task import Passages
from evaluation.peers.trial import DEPTH, FUSED, Encode, Find, main


class GivenVectors(Embeddings):
    """Questions by the common encoder; passages are given with their vectors."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        vector: list[float] = self._encode(text).tolist()
        return vector

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """RuntimeError: no passage is without a vector."""
        raise RuntimeError("passages come with their vectors")


def build(cut: Callable[[str], list[str]] | None, passages: Passages, encode: Encode) -> Find:
    """Return the two retrievers fused; words are cut by ``cut`` (None: as the retriever does)."""
    rows = [{"row": row} for row in range(len(passages.texts))]
    preprocess = {"preprocess_func": cut} if cut else {}
    words = BM25Retriever.from_texts(passages.texts, metadatas=rows, k=DEPTH, **preprocess)
    store = FAISS.from_embeddings(
        zip(passages.texts, passages.vectors, strict=True), GivenVectors(encode), metadatas=rows
    )
    meaning = store.as_retriever(search_kwargs={"k": DEPTH})
    both = EnsembleRetriever(retrievers=[words, meaning])
    return lambda question: [doc.metadata["row"] for doc in both.invoke(question)[:FUSED]]


if __name__ == "__main__":
    main(
        {"shipped": partial(build, None), "jieba": partial(build, cut_words)},
        ["langchain-community", "langchain-classic", "langchain-core", "faiss-cpu", "rank-bm25"],
    )
