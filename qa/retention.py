"""How long the log of questions is kept, and whether it is kept at all.

``POLICY_QA_LOG=off``: no question is written down, and no feedback taken. ``POLICY_QA_LOG_DAYS``: calls
older than so many days are deleted with what was said of them; 0 keeps them for ever. The default, 184,
is the longest six months: operators of networks in China keep logs for no less (网络安全法 第二十三条), and
what callers asked is not to be kept for longer without a decision.
"""

from __future__ import annotations

import asyncio
import logging
import os
from datetime import date, timedelta

from qa.errors import LogError, RequestError
from qa.log import Log, log_path

WANTED = "POLICY_QA_LOG"
DAYS = "POLICY_QA_LOG_DAYS"
DEFAULT_DAYS = 184
_MOST_DAYS = 36_500
_DAY_SECONDS = 24 * 3600.0

logger = logging.getLogger(__name__)


def open_log() -> Log | None:
    """Return the log of this user, None where none is wanted; RequestError for settings that are wrong."""
    wanted = os.environ.get(WANTED, "").strip().lower() or "on"
    if wanted not in ("on", "off"):
        raise RequestError(
            "bad_setting",
            f"环境变量 {WANTED}={wanted} 应为 on 或 off。",
            f"The environment variable {WANTED}={wanted} should be on or off.",
        )
    read_days()
    return Log(log_path()) if wanted == "on" else None


def read_days() -> int:
    """Return for how many days calls are kept, 0 for ever; RequestError where it is set wrong."""
    text = os.environ.get(DAYS, "").strip() or str(DEFAULT_DAYS)
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= _MOST_DAYS):
        raise RequestError(
            "bad_setting",
            f"环境变量 {DAYS}={text} 应为 0（一直保留）到 {_MOST_DAYS} 的整数。",
            f"The environment variable {DAYS}={text} should be a whole number from 0, for ever, to "
            f"{_MOST_DAYS}.",
        )
    return int(text)


def forget_old(log: Log, days: int, today: date | None = None) -> int:
    """Delete the calls that are older than ``days``; return how many. LogError."""
    return log.forget((today or date.today()) - timedelta(days=days)) if days else 0


async def keep_short(log: Log, days: int, *, pause: float = _DAY_SECONDS) -> None:
    """Delete old calls now and once a day, until cancelled; what fails is logged and tried again."""
    while True:
        try:
            forgotten = await asyncio.to_thread(forget_old, log, days)
            if forgotten:
                logger.info("Deleted %d calls that were older than %d days", forgotten, days)
        except LogError:
            logger.warning("Old calls could not be deleted from the log", exc_info=True)
        await asyncio.sleep(pause)
