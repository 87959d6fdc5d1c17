"""How far long work is, for people at a terminal."""

from __future__ import annotations

import sys
import time

_INTERVAL = 0.5
_STAGES = {
    "add": ("添加 adding", "文件 files"),
    "read": ("读取 reading", "文档 documents"),
    "model": ("加载模型 loading the model", ""),
    "encode": ("编码 encoding", "片段 chunks"),
    "lexical": ("词语索引 indexing words", ""),
    "dense": ("向量索引 indexing vectors", ""),
    "measure": ("校准 calibrating", ""),
    "upload": ("上传 uploading", "行 rows"),
}


class Progress:
    """Prints stage, count, pace and seconds left on standard error, at most twice a second."""

    def __init__(self) -> None:
        self._stage = ""
        self._began = self._printed = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Report that ``done`` of ``total`` items of ``stage`` are finished; 0 of 0: it begins."""
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._began, self._printed = stage, now, 0.0
        if done < total and now - self._printed < _INTERVAL:
            return
        self._printed = now
        took = now - self._began
        pace = done / took if took > 0 else 0.0
        left = (total - done) / pace if pace else 0.0
        name, unit = _STAGES.get(stage, (stage, ""))
        if not total:
            print(name, file=sys.stderr, flush=True)
            return
        count = f"{done}/{total} {unit}".rstrip()
        speed = f", 每秒 {pace:.3g} a second" if pace else ""
        print(f"{name}: {count}{speed}, 剩余约 {left:.0f} 秒 left", file=sys.stderr, flush=True)
