"""How often somebody may try to log in; what fails is counted, what succeeds is not."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from fastapi.concurrency import run_in_threadpool
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

# Failures of one name from one address: few, it is somebody's own. Of one name from anywhere: more, or
# a stranger could lock its owner out. Of one address: an office may have one address for all its people.
_OWN = RateLimitItemPerMinute(5, 5, namespace="own")
_NAME = RateLimitItemPerHour(50, 1, namespace="name")
_ADDRESS = RateLimitItemPerMinute(30, 5, namespace="address")


class Attempts:
    """Failed attempts of this process; one is judged at a time, so that none slips past the count."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._turn = threading.Lock()
        self._line = asyncio.Lock()

    async def take(
        self, name: str, address: str, attempt: Callable[[], str | None]
    ) -> str | int | None:
        """Do as ``judge`` does, in a thread; who waits for the turn holds no thread that others need."""
        async with self._line:
            return await run_in_threadpool(self.judge, name, address, attempt)

    def judge(self, name: str, address: str, attempt: Callable[[], str | None]) -> str | int | None:
        """Return what ``attempt`` returns, None where it failed; without trying, the seconds to wait."""
        place = find_network(address)
        limits = ((_OWN, (name, place)), (_NAME, (name,)), (_ADDRESS, (place,)))
        with self._turn:
            waits = [
                self._limiter.get_window_stats(item, *keys).reset_time - time.time()
                for item, keys in limits
                if not self._limiter.test(item, *keys)
            ]
            if waits:
                return max(1, round(max(waits)))
            found = attempt()
            if found is None:
                for item, keys in limits:
                    self._limiter.hit(item, *keys)
            else:
                self._limiter.clear(_OWN, name, place)
            return found


def find_network(address: str) -> str:
    """Return what an address counts as: of IPv6 the network, of which one machine has all addresses."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(IPv6Address(int(found) >> 64 << 64))
    return str(getattr(found, "ipv4_mapped", None) or found)
