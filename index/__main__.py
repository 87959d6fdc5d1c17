"""Command line: ``python -m index add|remove|correct|build|info|verify|search``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from documents.corrections import FIELDS
from documents.errors import DocumentError, explain_file
from documents.metadata import display_title
from documents.reports import format_change, write_change
from documents.terminal import visible_output
from index import library, snapshot
from index.adapter import EncoderIdentity, load_adapter, own_adapter, read_adapter
from index.address import Address, add_store_option, add_store_options
from index.cluster_store import fetch, upload
from index.default_model import models_folder
from index.encoder import ENGINES, choose_engine
from index.errors import PolicyIndexError
from index.filters import FILTER_FIELDS, read_filters
from index.late_interaction import LATE_LIMIT
from index.library import Update
from index.milvus import Cluster
from index.preparation import find_damage
from index.progress import Progress
from index.stores import Build, build_store, default_store, open_index


@visible_output()
def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0 ok, 1 some items failed, 2 bad input."""
    options = _parser().parse_args(arguments)
    choose_engine(getattr(options, "engine", None))
    try:
        return {
            "add": _add,
            "remove": _remove,
            "correct": _correct,
            "build": _build,
            "info": _info,
            "verify": _verify,
            "search": _search,
        }[options.command](options)
    except (DocumentError, PolicyIndexError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(explain_file(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "已中断，原有索引未改变。\nInterrupted; the present index is unchanged.",
            file=sys.stderr,
        )
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m index", description="建立和检索索引 / build and search"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser(
        "add", help="添加文件并更新索引 / add files to the library and index it"
    )
    add.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER")
    remove = commands.add_parser(
        "remove", help="删除文档并更新索引 / remove documents from the library and its index"
    )
    remove.add_argument("ids", nargs="+", metavar="ID")
    correct = commands.add_parser(
        "correct",
        help="更正文档的元数据并更新索引 / correct a document's metadata and index it again",
        description="更正记录在原文之外，原文不变。 / Corrections are kept apart; the document stays as it is.",
        epilog=(
            f"字段 fields: {' '.join(FIELDS)}。日期写 YYYY-MM-DD，多个发文机关用、隔开；field= 撤销更正，"
            "field=- 表示该文件没有此项。 / Days are YYYY-MM-DD, several authorities have 、 between "
            "them; field= withdraws a correction, field=- says that the document has no such value."
        ),
    )
    correct.add_argument("id", metavar="ID")
    correct.add_argument("fields", nargs="+", type=_field, metavar="FIELD=VALUE")
    build = commands.add_parser(
        "build",
        help="建立索引（默认：文档库）/ index files or the library",
        description=(
            "只编码新的或改过的文字：其余的沿用该文件夹里同一模型的索引；建立中断后，已编码的不再重新编码。 / "
            "Only what is new or changed is encoded: the rest is taken over from the index in the same "
            "folder, if the same model made it. What a build encoded before it was stopped is not "
            "encoded again."
        ),
    )
    build.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    build.add_argument(
        "--fresh",
        action="store_true",
        help="全部重新编码，不沿用原有索引 / encode everything anew, taking nothing over",
    )
    build.add_argument("--out", type=Path, metavar="DIR", help="索引文件夹 / where to write it")
    add_store_option(build, dest="cluster")
    info = commands.add_parser("info", help="索引概况 / what the index holds")
    verify = commands.add_parser("verify", help="校验索引文件 / check every file of the index")
    search = commands.add_parser("search", help="检索 / ranked clauses for a question")
    search.add_argument("question")
    search.add_argument("--k", type=_positive, default=10, help="条数 / how many (10)")
    for name in FILTER_FIELDS:
        search.add_argument(f"--{name}")
    verify.add_argument("--index", type=Path, metavar="DIR")
    for command in (info, search):
        add_store_options(command)
    for command in (add, remove, correct, build, search):
        command.add_argument("--model", metavar="NAME_OR_PATH")
        command.add_argument(
            "--engine",
            choices=ENGINES,
            help="默认模型由什么运行 / what runs the default model (onnx)",
        )
    search.add_argument(
        "--reranker", metavar="NAME_OR_PATH", help="重排模型 / a cross-encoder to re-rank with"
    )
    for command in (add, remove, correct, info, search):
        command.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("必须大于 0 / must be above 0")
    return value


def _field(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(
            f"{text}：应写作 字段=值 / expected FIELD=VALUE, such as written=2024-05-22"
        )
    return name.strip(), value


def _add(options: argparse.Namespace) -> int:
    return _tell(library.add(options.paths, model=options.model, progress=Progress()), options)


def _remove(options: argparse.Namespace) -> int:
    return _tell(library.remove(options.ids, model=options.model, progress=Progress()), options)


def _correct(options: argparse.Namespace) -> int:
    fields = dict(options.fields)
    return _tell(
        library.correct(options.id, fields, model=options.model, progress=Progress()), options
    )


def _tell(update: Update, options: argparse.Namespace) -> int:
    """Print what became of each file and of the index; return the exit code."""
    failed = [change for change in update.changes if change.outcome == "failed"]
    if options.json:
        obj = {
            "results": [write_change(change) for change in update.changes],
            "index": update.build.manifest.fingerprint if update.build else None,
        }
        print(json.dumps(obj, ensure_ascii=False))
    else:
        for change in update.changes:
            print(
                format_change(change), file=sys.stderr if change.outcome == "failed" else sys.stdout
            )
    if update.error:
        print(update.error, file=sys.stderr)
        return 1
    if update.emptied:
        print(
            "文档库现在是空的，索引已删除。添加文件：python -m index add 文件或文件夹。\n"
            "The library is empty now, and its index is gone. To add files: python -m index add "
            "FILE_OR_FOLDER.",
            file=sys.stderr,
        )
    if update.build:
        out = sys.stderr if options.json else sys.stdout
        return max(_tell_build(default_store(), update.build, out), 1 if failed else 0)
    return 2 if failed and len(failed) == len(update.changes) else 1 if failed else 0


def _build(options: argparse.Namespace) -> int:
    store, progress = options.out or default_store(), Progress()
    # A cluster that cannot be reached is told at once, not after everything was encoded.
    cluster = Cluster(options.cluster) if options.cluster else None
    built = build_store(
        store, options.paths, model=options.model, fresh=options.fresh, progress=progress
    )
    code = _tell_build(store, built, sys.stdout)
    if cluster:
        news = upload(store, cluster, progress)
        print(f"{cluster.address}: " + ("已启用 in use" if news else "没有变化 unchanged"))
    return code


def _tell_build(store: Path, built: Build, out: TextIO) -> int:
    for failure in built.failures:
        print(failure, file=sys.stderr)
    m = built.manifest
    if built.unusable:
        print(
            f"{store}：原有索引已损坏或由其他版本建立，没有沿用其编码。\n"
            f"{store}: the index that was here is damaged or of another version; nothing was taken "
            "over from it.",
            file=sys.stderr,
        )
    if built.encoded is not None and (reused := m.chunks - built.encoded):
        print(
            f"沿用 {reused} 个片段的编码，新编码 {built.encoded} 个。\n"
            f"The encodings of {reused} chunks were taken over; {built.encoded} were encoded.",
            file=sys.stderr,
        )
    if m.truncated:
        print(
            f"{m.truncated}/{m.chunks} 个片段超过模型 {m.encoder} 的长度，其末尾只能按词检索。\n"
            f"{m.truncated} of {m.chunks} chunks are longer than {m.encoder} reads; their ends are "
            "searched by words only.",
            file=sys.stderr,
        )
    print(
        f"{store}: {m.documents} 份文档 documents, {m.clauses} 条 clauses, {m.units} 个检索单元 units, "
        f"{m.fingerprint}",
        file=out,
    )
    return 1 if built.failures else 0


def _info(options: argparse.Namespace) -> int:
    place = options.index or default_store()
    store = fetch(place).store if isinstance(place, Address) else place
    manifest = snapshot.read_manifest(store)
    encoder = EncoderIdentity(manifest.encoder, manifest.encoder_fingerprint, manifest.dimension)
    adapter = load_adapter(encoder)
    facts = dataclasses.asdict(manifest) | {
        "adapter": {"fingerprint": adapter.fingerprint, "description": adapter.description}
        if adapter
        else None
    }
    if options.json:
        print(json.dumps(facts, ensure_ascii=False))
    else:
        shown = facts | {
            "files": len(manifest.files),
            "adapter": adapter and adapter.label,
            "late interaction": _late(manifest),
        }
        for name, value in shown.items():
            print(f"{name}: {value}")
    return 0


def _late(manifest: snapshot.Manifest) -> str:
    """Return whether questions are compared token by token too, and if not, why."""
    if manifest.tokens or not manifest.chunks:
        return "开 / on"
    if manifest.chunks > LATE_LIMIT:
        return f"关：超过 {LATE_LIMIT} 个片段 / off: more than {LATE_LIMIT} chunks"
    return "关：模型不提供词向量 / off: the model gives no vectors of tokens"


def _verify(options: argparse.Namespace) -> int:
    """Check the index, and what else lies beside it for searches: the models and the adapter."""
    store = options.index or default_store()
    damaged = False
    try:
        manifest = snapshot.verify(store)
        print(f"{store}: 完好 / intact ({len(manifest.files)} files, {manifest.fingerprint})")
    except PolicyIndexError as error:
        print(error, file=sys.stderr)
        damaged = True
    for folder, files in find_damage(models_folder()).items():
        if files:
            print(_explain_model(folder, files), file=sys.stderr)
            damaged = True
        else:
            print(f"{folder}: 完好 / intact")
    if own_adapter().exists():
        try:
            print(f"{own_adapter()}: 完好 / intact ({read_adapter(own_adapter()).fingerprint})")
        except PolicyIndexError as error:
            print(error, file=sys.stderr)
            damaged = True
    return 2 if damaged else 0


def _explain_model(folder: Path, files: Sequence[str]) -> str:
    listed = ", ".join(files)
    return (
        f"{folder}：已准备的模型已损坏（{listed}）。请删除这个文件夹，下次使用时会自动重新准备；此前可能用它编码过，"
        f"请再运行 python -m index build --fresh。\n{folder}: the prepared model is damaged ({listed}). "
        "Delete this folder: the model is prepared again when it is used next. Texts may have been "
        "encoded by it; then run python -m index build --fresh."
    )


def _search(options: argparse.Namespace) -> int:
    if not any(character.isalnum() for character in options.question):
        raise ValueError("请输入要检索的内容。\nType what to search for.")
    filters = read_filters({name: getattr(options, name) for name in FILTER_FIELDS})
    index = open_index(
        options.index, model=options.model, reranker=options.reranker, progress=Progress()
    )
    hits = index.search(options.question, k=options.k, filters=filters)
    if options.json:
        print(json.dumps([dataclasses.asdict(hit.result) for hit in hits], ensure_ascii=False))
        return 0
    for place, hit in enumerate(hits, 1):
        result = hit.result
        title = index.documents[result.document].metadata.title or result.document
        text = index.clause(result.document, result.clause).text.replace("\n", " ")
        print(
            f"{place}. {result.score:.3f}  {display_title(title)} {result.clause}\n   {text[:80]}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
