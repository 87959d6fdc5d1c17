"""A small library in two copies: in a folder, and in milvus-lite, as a server or in this process."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from documents.parsing import parse_text
from documents.types import Document
from index import snapshot
from index.hybrid import HybridIndex
from tests.conftest import FakeEncoder

MATTERS = (
    "公共充电站建设",
    "换电站建设",
    "动力电池回收利用",
    "首台套重大技术装备",
    "智能网联汽车测试示范",
    "先进制造业集群",
    "企业研发费用补助",
    "人才引进和培养",
)
MEASURES = ("给予一次性补助", "由工业和信息化部门牵头", "优先保障用地")
PLACES = {
    "jilin": ("吉林省", "吉政发〔2024〕2号", "2024年5月22日"),
    "anhui": ("安徽省", "皖政〔2023〕8号", "2023年3月1日"),
    "chongqing": ("重庆市", "渝府发〔2022〕5号", "2022年1月4日"),
}
QUESTIONS = (
    *(f"{matter}有什么支持？" for matter in MATTERS),
    "吉林省换电站建设由谁牵头",
    "安徽省人民政府关于产业的意见第三条怎么说",
    "皖政〔2023〕8号",
    "what support exists for charging stations",
    "本意见有效期几年",
)


def make_documents() -> list[Document]:
    """Return three documents of twenty-five clauses."""
    return [
        parse_text(_write(place, number, day), id) for id, (place, number, day) in PLACES.items()
    ]


def _write(place: str, number: str, day: str) -> str:
    matters = [(matter, measure) for matter in MATTERS for measure in MEASURES]
    articles = "".join(
        f"第{ordinal}条 支持{place}的{matter}，{measure}，每年{i * 7 + len(place)}万元。\n"
        for i, ((matter, measure), ordinal) in enumerate(
            zip(matters, _ordinals(len(matters)), strict=True)
        )
    )
    return f"{place}人民政府关于产业的意见\n{number}\n{articles}第二十五条 本意见有效期{len(place)}年。\n{day}\n"


def _ordinals(count: int) -> list[str]:
    digits = "一二三四五六七八九"
    tens = ["", "十", "二十"]
    return [f"{tens[n // 10]}{digits[n % 10 - 1] if n % 10 else ''}" for n in range(1, count + 1)]


def build(store: Path, encoder: FakeEncoder, documents: list[Document] | None = None) -> Path:
    """Have an index of ``documents`` (default: all three) in the folder ``store``."""
    index = HybridIndex.build(documents or make_documents(), encoder)
    with snapshot.build_lock(store):
        index.save(store)
    return store


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Run milvus-lite over ``folder`` as a process of its own; yield the address of its index."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "milvus_lite", "server", "--host", "127.0.0.1"]
    with subprocess.Popen(
        [*command, "--data-dir", str(folder), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait(port, process)
            yield f"milvus+http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(6000):
        if process.poll() is not None:
            raise RuntimeError(f"milvus-lite ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise RuntimeError("milvus-lite does not answer")
