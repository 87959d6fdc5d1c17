"""Whether a browser's request comes from a page of this site: other sites must not act through it.

Programs send neither Origin nor Sec-Fetch-Site and are not held up.
"""

from __future__ import annotations

import os
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers

# Names, besides addresses and this machine's own, under which the library may be changed: an
# attacker's name can be made to point here, and its pages then count as this site's.
HOSTS = "POLICY_QA_HOSTS"


def is_cross_site(headers: Headers) -> bool:
    """Whether a page of another site, or of another port, sent the request."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def tells_origin(headers: Headers) -> bool:
    """Whether a request says from which site it comes, as browsers do where it may change something."""
    return "sec-fetch-site" in headers or "origin" in headers


def is_rebound(headers: Headers) -> bool:
    """Whether a browser reached this server by a name that may be another's (DNS rebinding)."""
    return tells_origin(headers) and is_foreign(headers)


def is_foreign(headers: Headers) -> bool:
    """Whether a request names a host that may be another's."""
    name = (urlsplit(f"//{headers.get('host', '')}").hostname or "").rstrip(".")
    return not (_is_address(name) or name in _own_names() or name.endswith(".localhost"))


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _own_names() -> set[str]:
    listed = os.environ.get(HOSTS, "").replace(",", " ").split()
    return {"localhost", socket.gethostname().lower(), *(name.lower() for name in listed)}
