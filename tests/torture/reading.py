"""A reader in a process of its own: ``python -m torture.reading SEED`` prints what it saw.

Until its input is closed it opens the library's index again and again, asks, and compares every quote
with the text it is from.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from collections import Counter

from index.encoder import load_encoder
from index.hybrid import HybridIndex
from index.stores import open_index
from qa.assistant import PolicyAssistant
from qa.types import Request
from tests.torture.writing import QUESTIONS

# A change must get its share of two cores.
NICENESS = 10


def read(seed: str, ended: threading.Event) -> dict[str, object]:
    """Open and ask until it is over; return counts, and what was wrong."""
    random_ = random.Random(seed)
    encoder = load_encoder(None)
    seen: set[str] = set()
    wrong: Counter[str] = Counter()
    opened = asked = cited = 0
    while not ended.is_set():
        try:
            index = open_index(encoder=lambda: encoder)
        except Exception as error:  # whatever it is, the reader should not have met it
            wrong[f"open: {type(error).__name__}: {error}"[:300]] += 1
            time.sleep(0.2)
            continue
        opened += 1
        time.sleep(random_.uniform(0, 2))
        seen.add(index.fingerprint)
        for question in random_.sample(QUESTIONS, 3):
            asked += 1
            number, faults = check(index, question)
            cited += number
            wrong.update(faults)
    return {
        "opened": opened,
        "snapshots": len(seen),
        "asked": asked,
        "cited": cited,
        "wrong": dict(wrong),
    }


def check(index: HybridIndex, question: str) -> tuple[int, list[str]]:
    """Ask; return how many citations there are, and what is wrong with them."""
    response = PolicyAssistant(index).ask(Request(question))
    faults = [] if response.index == index.fingerprint else [f"{question}: of another index"]
    for citation in response.citations:
        document = index.documents.get(citation.document)
        if document is None or document.clean[citation.start : citation.end] != citation.quote:
            faults.append(f"{question}: {citation.document} {citation.clause} is not there")
    return len(response.citations), faults


def main() -> None:
    """Read until the input is closed."""
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    print(json.dumps(read(sys.argv[1], ended), ensure_ascii=False))


if __name__ == "__main__":
    os.nice(NICENESS)
    main()
