"""What is hostile in a text, put wherever a text comes in: nothing of it may be more than text.

The payloads are in ``payloads.json``, by kind. Each goes into documents, their titles and file names,
archives, questions, what was asked before, filters, addresses, comments, corrections and what a
language model writes, and is looked for on the page in a real browser, in the API, on the command line
and in what is exported.
"""

from __future__ import annotations

import io
import json
import random
import re
import threading
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

import documents.__main__
import index.__main__
import qa.__main__
from documents.library import find_original
from index.stores import open_index
from qa.assistant import PolicyAssistant
from qa.generation import from_environment
from qa.log import Log, log_path
from qa.web.application import create_web_app
from qa.web.jobs import Jobs
from tests.browsing import ARGUMENTS
from tests.conftest import FakeEncoder, find_chromium
from tests.web_served import run_here, serve
from torture.section import Section

PAYLOADS = tuple(
    (item["kind"], item["text"])
    for item in json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
)
FULL = len(PAYLOADS)
# On one page together.
GROUP = 12
PROMISE = (
    "Documents, file names, questions, comments, addresses, corrections and a language model's words are "
    "text: no script of theirs runs, no element of theirs appears, nothing reaches a terminal as an order, "
    "and no path leaves its folder."
)

# Notes what a script does that should not run, and what the Content-Security-Policy had to stop.
WATCH = """(() => {
  window.ran = [];
  window.stopped = [];
  for (const name of ["alert", "confirm", "prompt"]) window[name] = () => window.ran.push(name);
  document.addEventListener("securitypolicyviolation", (event) =>
    window.stopped.push(`${event.effectiveDirective} ${event.blockedURI}`));
})()"""
LOOK = """() => {
  const made = [];
  for (const element of document.querySelectorAll("body *")) {
    if (/^(iframe|object|embed|math|marquee|video|audio|base|meta|link|template|noscript)$/.test(
        element.localName) && element.id !== "pane-texts") made.push(element.localName);
    if (element.localName === "script" && element.closest("#thread, #results, .document, #library"))
      made.push("script");
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name)) made.push(name);
      if (/^(href|src|action|formaction|data|xlink:href)$/i.test(name)
          && !/^(data:image|blob:)/.test(value) && new URL(value, location).origin !== location.origin)
        made.push(`${name}=${value}`);
    }
  }
  return [...window.ran, ...window.stopped, ...made];
}"""
DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@dataclass
class Trial:
    """What was tried, how often, and what failed."""

    counts: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def check(self, what: str, payload: object, fault: object) -> None:
        """Count one try; ``fault`` is empty where it went as promised."""
        self.counts[what] = self.counts.get(what, 0) + 1
        if fault:
            self.failures.append(f"{what}: {payload!r}: {fault}"[:500])


def run(folder: Path, amount: int, seed: int) -> Section:
    """Try ``amount`` payloads in every place."""
    chosen = [text for _, text in random.Random(seed).sample(PAYLOADS, min(amount, FULL))]
    trial = Trial()
    with pytest.MonkeyPatch.context() as patch, speak(chosen) as model, suppress_proxies(patch):
        patch.setenv("POLICY_QA_HOME", str(folder / "home"))
        patch.setenv("POLICY_QA_LLM_URL", model)
        encoder = FakeEncoder(1024, tokens=False)
        patch.setattr("index.stores.load_encoder", lambda name: encoder)
        app = create_web_app(
            lambda: PolicyAssistant(open_index(), from_environment()),
            log=Log(log_path()),
            jobs=Jobs(run_here),
            find_original=find_original,
        )
        with serve(app) as address:
            ids = try_interface(address, chosen, trial)
            try_page(address, chosen, ids, trial)
        try_command_line(folder, chosen, trial)
        outside = [path for path in folder.rglob("*") if not path.is_relative_to(folder / "home")]
        trial.check("folder", "files outside", [p for p in outside if p.name == "passwd"])
    figures = (("payloads", str(len(chosen))), *((k, str(n)) for k, n in trial.counts.items()))
    return Section("Hostile content", PROMISE, figures, tuple(trial.failures))


@contextmanager
def suppress_proxies(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the model on this machine asked directly."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        patch.delenv(name, raising=False)
        patch.delenv(name.upper(), raising=False)
    yield


@contextmanager
def speak(payloads: Sequence[str]) -> Iterator[str]:
    """Serve a language model that writes one payload after the other; yield its address."""
    words = cycle(payloads)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            text = f"支持充电站建设{next(words)}[1]。"
            choice = {"delta": {"content": text}, "finish_reason": None}
            last = {"delta": {}, "finish_reason": "stop"}
            with suppress(OSError):
                for one in (choice, last):
                    self.wfile.write(f"data: {json.dumps({'choices': [one]})}\n\n".encode())
                self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()


def write_document(payload: str, number: int) -> bytes:
    """Return a document that has the payload in its title and its clauses."""
    line = " ".join(payload.split()) or payload
    return (
        f"关于{line}的通知\n\n第一条 支持充电站建设{line}，给予补助。\n"
        f"第二条 {payload}第{number}类设施另行规定。\n{'第三条 本通知自印发之日起施行。' * 3}\n"
    ).encode(errors="replace")


# --- REST -----------------------------------------------------------------------------------------


def try_interface(address: str, payloads: Sequence[str], trial: Trial) -> list[str]:
    """Send the payloads to the API; return the ids of the documents that were added."""
    with httpx.Client(base_url=address, timeout=120, trust_env=False) as client:
        client.get("/api/v1/documents")  # which waits for the index
        ids = list(add_documents(client, payloads, trial))
        trial.check(
            "documents", payloads, 2 * len(ids) < len(payloads) and f"{len(ids)} were added"
        )
        for payload in payloads:
            asked = {"question": f"充电站{payload}", "history": [payload]}
            answer = send(client, "/api/v1/ask", asked, payload, trial)
            send(client, "/api/v1/ask", asked | {"filters": {"kind": payload}}, payload, trial)
            key = answer.get("ask")
            said = {"ask": key or payload, "verdict": "down", "comment": payload}
            send(client, "/api/v1/feedback", said, payload, trial)
            for path in ("documents", "jobs", "clauses/x"):
                place = quote(payload.encode(errors="surrogatepass"), safe="")
                response = client.get(f"/api/v1/{path}/{place}")
                trial.check("API address", payload, find_fault(response))
        for id, payload in zip(ids, payloads, strict=False):
            fields = {"metadata": {"title": payload, "number": payload}}
            response = client.patch(f"/api/v1/documents/{quote(id, safe='')}", content=dump(fields))
            trial.check("correction", payload, find_fault(response))
            follow(client, response)
        for id in ids:
            response = client.get(f"/api/v1/documents/{quote(id, safe='')}/original")
            headers = [name for name, _ in response.headers.multi_items()]
            fault = (
                response.status_code != 200
                or response.headers["content-type"] != "application/octet-stream"
                or not response.headers["content-disposition"].startswith("attachment;")
                or "set-cookie" in headers
                or "sandbox" not in response.headers["content-security-policy"]
            )
            trial.check("original", id, fault and dict(response.headers))
        return ids


def add_documents(client: httpx.Client, payloads: Sequence[str], trial: Trial) -> Iterator[str]:
    """Add a document for each payload, every second in an archive; yield the ids."""
    packed = io.BytesIO()
    files = []
    with zipfile.ZipFile(packed, "w") as archive:
        for number, payload in enumerate(payloads):
            data, name = write_document(payload, number), f"{payload}.txt"
            if number % 2:
                with suppress(UnicodeEncodeError):  # half a character, which a zip cannot name
                    archive.writestr(zipfile.ZipInfo(name), data)
            else:
                plain = re.sub('[\r\n"\0]', "_", name).encode(errors="replace").decode()
                files.append(("files", (plain, data)))
    files.append(("files", ("包.zip", packed.getvalue())))
    for start in range(0, len(files), 40):
        response = client.post("/api/v1/documents", files=files[start : start + 40])
        trial.check("upload", start, find_fault(response))
        for change in follow(client, response).get("changes", []):
            name = change["id"] or ""
            trial.check("name", change["file"], re.search(r"[/\\\x00-\x1f\u202a-\u202e]|^\.", name))
            if change["outcome"] in ("added", "version"):
                yield name


def follow(client: httpx.Client, response: httpx.Response) -> dict[str, Any]:
    """Return the job that was begun, as it ended."""
    if "location" not in response.headers:
        return {}
    place = response.headers["location"]
    client.get(f"{place}/events")
    job: dict[str, Any] = client.get(place).json()
    return job


def send(
    client: httpx.Client, path: str, fields: object, payload: str, trial: Trial
) -> dict[str, Any]:
    response = client.post(path, content=dump(fields))
    trial.check("API", payload, find_fault(response))
    answer: dict[str, Any] = response.json()
    return answer


def dump(fields: object) -> bytes:
    return json.dumps(fields).encode()


def find_fault(response: httpx.Response) -> str:
    """Return how an answer of the API is more than JSON, or an error of ours."""
    kind = response.headers.get("content-type", "")
    if response.status_code >= 500:
        return f"status {response.status_code}"
    if kind not in ("application/json", "application/problem+json"):
        return kind or "no type"
    if response.headers.get("x-content-type-options") != "nosniff":
        return "may be taken for something else"
    if "default-src 'none'" not in response.headers.get("content-security-policy", ""):
        return "no policy"
    return ""


# --- the page -------------------------------------------------------------------------------------


def try_page(address: str, payloads: Sequence[str], ids: Sequence[str], trial: Trial) -> None:
    """Look at every view that shows a payload in a real browser, where there is one."""
    chromium = find_chromium()
    if chromium is None:
        trial.counts["no Chromium: views"] = 0
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        for start in range(0, len(payloads), GROUP):
            group = payloads[start : start + GROUP]
            for path, selector in list_views(group, ids[start : start + GROUP]):
                fault = look(browser, address + path, selector)
                trial.check("view", path, fault)
        browser.close()


def list_views(payloads: Sequence[str], ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield addresses of the page, and what shows there once it is drawn."""
    together = " ".join(("充电站建设", *payloads))[:1500]
    yield f"/?{spell(q=together)}", ".turn .answer, .turn .message-error"
    yield (
        f"/en/?{spell(search=together)}",
        "#results .result, #results .message-empty, #results .message-error",
    )
    yield f"/?{spell(q='充电站', region=payloads[0], kind=payloads[-1])}", ".turn .message-error"
    yield f"/?{spell(lang=payloads[0])}", "#state[data-state=ready]"
    for id in ids[:3]:
        yield f"/documents/{quote(id, safe='')}", ".document"
        yield f"/documents/{quote(id, safe='')}?{spell(clause=payloads[0])}", ".document"
    for payload in payloads[:2]:
        name = quote(payload.encode(errors="replace").replace(b"\0", b"_"), safe="")
        if name.strip("."):
            yield f"/documents/{name}", "body"
            yield f"/pane/{name}", "body"
    yield f"/library?{spell(q=payloads[0])}", "body"
    yield f"/library?{spell(region=payloads[0])}", "body"
    yield f"/filters?{spell(authority=payloads[0], kind='x')}", "body"


def spell(**fields: str) -> str:
    return urlencode({name: value.encode(errors="replace") for name, value in fields.items()})


def look(browser: Browser, address: str, selector: str) -> str:
    """Return what of a payload did more on this view than be shown; "" for nothing."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        page.set_default_timeout(60_000)
        return ", ".join(_look(page, address, selector))
    except BrowserError as error:
        return str(error).partition("\n")[0]
    finally:
        context.close()


def _look(page: Page, address: str, selector: str) -> list[str]:
    elsewhere: list[str] = []
    origin = address.split("/", 3)[2]
    page.add_init_script(WATCH)
    page.on("dialog", lambda dialog: (elsewhere.append(dialog.message), dialog.dismiss()))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((f"http://{origin}/", "data:", "blob:"))
            else elsewhere.append(request.url)
        ),
    )
    page.goto(address)
    page.locator(selector).first.wait_for(state="attached")
    if "lang" in address:  # the list of the library, with every name and title
        page.get_by_role("tab").nth(2).click()
        page.locator("table.documents tbody tr").first.wait_for()
    for handle in page.locator("details:not([open]) > summary").all()[:5]:
        if handle.is_visible():
            handle.click()
    found: list[str] = page.evaluate(LOOK)
    return [*elsewhere, *found]


# --- the command line -----------------------------------------------------------------------------


def try_command_line(folder: Path, payloads: Sequence[str], trial: Trial) -> None:
    """Give the payloads to the commands, as file names too, and read what they print."""
    files = folder / "files"
    files.mkdir()
    for number, payload in enumerate(payloads):
        name = re.sub("[/\0]", "_", payload)
        name = name.encode(errors="surrogateescape" if "\udcff" in name else "replace")[
            :200
        ].decode(errors="surrogateescape")
        (files / f"{name}{number}.txt").write_bytes(write_document(f"{payload}又", number))
    paths = sorted(files.iterdir())
    commands: list[tuple[Any, list[str]]] = [
        (documents.__main__, ["audit", str(files)]),
        (index.__main__, ["add", str(files)]),
        (documents.__main__, ["list"]),
        (documents.__main__, ["verify"]),
        *((documents.__main__, ["show", str(path)]) for path in paths),
        *((index.__main__, ["search", f"充电站{p}", f"--kind={p}"]) for p in payloads[:20]),
        *((qa.__main__, ["ask", f"充电站{payload}"]) for payload in payloads[:20]),
        (qa.__main__, ["feedback"]),
    ]
    for program, arguments in commands:
        printed = call(program, arguments)
        fault = [c for c in printed if c not in "\n\t" and is_order(c)]
        trial.check("command", arguments, fault and ascii("".join(fault)))
        out = call(program, [*arguments, "--json"], errors=False)
        trial.check("JSON", arguments, out and not is_json(out) and "no JSON")
        trial.check("JSON on a terminal", arguments, any(map(is_order, out.strip("\n"))))
    export = folder / "judged.jsonl"
    call(qa.__main__, ["feedback", "--export", str(export)])
    for line in export.read_text("utf-8").splitlines() if export.exists() else []:
        trial.check("export", line, not is_json(line) and "no JSON")


def call(program: Any, arguments: list[str], *, errors: bool = True) -> str:
    """Return what a command prints, on both of its outputs or on the first."""
    out, other = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(out if errors else other), suppress(SystemExit):
        program.main(arguments)
    return out.getvalue()


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def is_order(character: str) -> bool:
    """Whether a terminal would take the character for more than text."""
    return (
        unicodedata.category(character) in ("Cc", "Cs")
        or unicodedata.bidirectional(character) in DIRECTIONS
    )
