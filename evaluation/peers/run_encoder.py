"""The encoder alone: what every system's process holds before it has built anything."""

from __future__ import annotations

from evaluation.peers.task import Passages
from evaluation.peers.trial import Encode, Find, main


def build(passages: Passages, encode: Encode) -> Find:
    """Return what encodes the question and finds nothing."""

    def find(question: str) -> list[int]:
        encode(question)
        return []

    return find


if __name__ == "__main__":
    main({"alone": build}, [])
