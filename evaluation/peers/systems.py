"""What is compared, in the order it is run and reported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class System:
    """A system as the report names it, and the script and variant that try it.

    ``ours``: it runs in the project's environment, and reads the data set itself.
    """

    name: str
    chinese: str
    script: str
    variant: str
    ours: bool = False

    @property
    def key(self) -> str:
        """A name for files."""
        return f"{self.script}-{self.variant}"


ALONE = System("encoder alone", "", "run_encoder", "alone")
SYSTEMS = (
    ALONE,
    System("rank_bm25", "as shipped: at spaces", "run_rank_bm25", "shipped"),
    System("rank_bm25", "jieba", "run_rank_bm25", "jieba"),
    System("LangChain, RRF", "as shipped: at spaces", "run_langchain", "shipped"),
    System("LangChain, RRF", "jieba", "run_langchain", "jieba"),
    System("LlamaIndex, RRF", "as shipped: at punctuation", "run_llamaindex", "shipped"),
    System("LlamaIndex, RRF", "jieba", "run_llamaindex", "jieba"),
    System("LlamaIndex on FAISS, RRF", "jieba", "run_llamaindex", "jieba-faiss"),
    System(
        "LlamaIndex on FAISS, relative score", "jieba", "run_llamaindex", "jieba-faiss-relative"
    ),
    System("txtai", "as shipped: characters", "run_txtai", "shipped"),
    System("txtai", "jieba", "run_txtai", "jieba"),
    System("ours, `search`", "its own", "ours", "search", ours=True),
    System("ours, `ask`", "its own", "ours", "ask", ours=True),
    System("ours, `search`, opened from disk", "its own", "ours", "search-opened", ours=True),
    System("ours, `ask`, opened from disk", "its own", "ours", "ask-opened", ours=True),
    System("ours, `search`, without its adapter", "its own", "ours", "search-unadapted", ours=True),
)
