"""The trial of load, short: the same askers, against a server whose assistant needs no model."""

from __future__ import annotations

import asyncio

from qa.web.admission import Admission
from qa.web.application import create_web_app
from tests.torture.load import ask_for, overload
from tests.web_library import StubAssistant
from tests.web_served import serve

HEADINGS = ["充电站建设", "电池回收", "人才引进"]


def test_as_many_as_there_is_room_for_are_answered_and_the_rest_told_when_to_come() -> None:
    app = create_web_app(StubAssistant, admission=Admission(running=1, waiting=8))
    with serve(app) as address:
        asked = asyncio.run(ask_for(address, HEADINGS, 9, 0.5, "1"))
        crowd, _ = asyncio.run(overload(address, HEADINGS, 60, "1"))
    assert asked.seconds and not asked.refused and not asked.wrong
    assert crowd.seconds and not crowd.wrong
    assert len(crowd.seconds) + len(crowd.refused) == 60
    assert all(wait and int(wait) > 0 for wait in crowd.refused)
