"""No request goes out but to the configured language model, whose address nobody can set from outside."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from qa.web.application import create_web_app
from tests.web_library import PLAN, StubAssistant

ROOT = Path(__file__).parent.parent
# What names a machine: addresses of the model and of the cluster.
SETTINGS = re.compile(
    r"url|uri|host|endpoint|base|server|proxy|milvus|llm|model|store|cluster", re.I
)

# The application as it is started, with everything that a visitor does, and each connection noted.
SERVER = """
import json, socket, sys
seen = []
def note(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        seen.append([event, str(arguments[1])])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        seen.append([event, str(arguments[0])])
    elif event in ("subprocess.Popen", "os.system"):
        seen.append([event, str(arguments[0])])
sys.addaudithook(note)
from fastapi.testclient import TestClient
import app
from tests.conftest import FakeEncoder
app.load_model = lambda model: FakeEncoder(1024, tokens=False)
import index.stores
index.stores.load_encoder = app.load_model
with TestClient(app.create_app()) as client:
    for path in ("/", "/en/", "/healthz", "/config", "/library", "/filters"):
        client.get(path)
    asked = client.post("/api/v1/ask", json={"question": "充电站建设有什么支持"})
    assert asked.json()["citations"], asked.text
    client.get("/examples")
print(json.dumps(seen))
"""


def test_starting_and_asking_reaches_no_other_machine(tmp_path: Path) -> None:
    surroundings = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("POLICY_QA_") and not name.endswith("_OFFLINE")
    }
    surroundings |= {"POLICY_QA_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", SERVER],
        cwd=ROOT,
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    local = re.compile(r"127\.0\.0\.1|::1|localhost|testserver|/")
    assert [
        item for item in json.loads(done.stdout.splitlines()[-1]) if not local.search(item[1])
    ] == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_onnxruntime_reports_to_nobody(tmp_path: Path) -> None:
    """Its telemetry, which no audit sees, opens a database in the cache of whoever runs it."""
    code = "import documents, onnxruntime, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    surroundings = {
        name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=surroundings | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.strip() == "1"
    assert list(tmp_path.rglob("*")) == []


def test_no_address_of_a_machine_is_a_parameter() -> None:
    with TestClient(create_web_app(StubAssistant)) as client:
        described = client.get("/api/v1/openapi.json").json()
        for name in list_parameters(described):
            assert not SETTINGS.search(name), name
        for body in (
            {"question": "充电站", "url": "http://example.com"},
            {"question": "充电站", "model": "http://example.com"},
            {"question": "充电站", "filters": {"index": "http://example.com:19530"}},
        ):
            assert client.post("/api/v1/ask", json=body).status_code == 422
        assert client.get(f"/pane/{PLAN}?url=http://example.com").status_code == 200


def list_parameters(described: object) -> set[str]:
    """Return the names of all parameters and fields of requests in a description of an API."""
    names: set[str] = set()
    if isinstance(described, dict):
        names |= {p["name"] for p in described.get("parameters", ()) if "name" in p}
        body = described.get("requestBody")
        if body:
            names |= set(re.findall(r'"(\w+)": \{', json.dumps(body))) - STRUCTURE
        for value in described.values():
            names |= list_parameters(value)
    return names


STRUCTURE = {
    "content",
    "schema",
    "properties",
    "items",
    "example",
    "examples",
    "additionalProperties",
}
