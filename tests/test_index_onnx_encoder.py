"""The default model by onnxruntime: one text at a time, the same as torch but for rounding."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index import default_model, onnx_encoder, sentence_encoder
from index import encoder as encoder_module
from index.default_model import DEFAULT_MODEL
from index.encoder import choose_engine, load_encoder
from index.errors import ModelError
from index.late_interaction import quantize
from index.onnx_encoder import OnnxEncoder
from index.onnx_graph import GRAPH
from index.types import Encoder
from tests.test_index_default_model import HIDDEN, POSITIONS, TEXTS, TINY

ROOT = Path(__file__).parent.parent
# Pieces that the small model knows and such as it does not; some longer than it reads.
SHORT = ["新能源", "能", "A: 1", "新", "源源新能", "", "1～1", "新能源新能源新能源" * 3, "A1" * 30]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the weights of a small model, and where models are prepared."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "tiny.bin").write_bytes(TINY)
    return folder


@pytest.fixture
def installed(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the small model in the place of the default one."""
    for module in (default_model, encoder_module, sentence_encoder):
        monkeypatch.setattr(module, "installed_weights", lambda: home / "tiny.bin")
    monkeypatch.setenv("POLICY_QA_MODELS", str(home / "prepared"))
    for name in ("POLICY_QA_MODEL", "POLICY_QA_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    return home / "prepared"


@pytest.fixture
def encoder(installed: Path) -> OnnxEncoder:
    found = load_encoder()
    assert isinstance(found, OnnxEncoder)
    return found


def test_vectors_are_unit_float32_rows_in_the_order_given(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode_document(SHORT)
    assert (vectors.shape, vectors.dtype) == ((len(SHORT), HIDDEN), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    again = encoder.encode_document(SHORT[::-1])[::-1]
    assert vectors.tobytes() == again.tobytes()
    assert encoder.encode_document([]).shape == (0, HIDDEN)


@pytest.mark.parametrize("threads", [1, 3])
def test_a_text_s_vector_is_its_own_whatever_stands_beside_it(
    threads: int, encoder: OnnxEncoder
) -> None:
    many = replace(encoder, _threads=threads).encode_document(SHORT * 20)
    alone = np.concatenate([encoder.encode_document([text]) for text in SHORT] * 20)
    assert many.tobytes() == alone.tobytes()


def test_progress_counts_texts(encoder: OnnxEncoder) -> None:
    told: list[tuple[int, int]] = []
    encoder.encode_document(SHORT * 10, progress=lambda *counts: told.append(counts))
    assert told[-1] == (90, 90) and len(told) > 1
    assert told == sorted(told)
    told.clear()
    encoder.encode_document(SHORT[:1], progress=lambda *counts: told.append(counts))
    assert told == [(1, 1)]


def test_what_is_cut_is_what_is_counted(encoder: OnnxEncoder) -> None:
    counts = encoder.count_tokens(SHORT)
    assert encoder.max_tokens == POSITIONS and max(counts) > POSITIONS
    _, tokens = encoder.encode_document_tokens(SHORT)
    prompt = counts[SHORT.index("")] - 2
    read = [min(count, POSITIONS) - 2 - prompt for count in counts]
    assert np.diff(tokens.offsets).tolist() == read
    long = SHORT[-1]
    assert (
        encoder.encode_document([long]).tobytes() == encoder.encode_document([long * 9]).tobytes()
    )


def test_one_pass_gives_vectors_and_tokens(encoder: OnnxEncoder) -> None:
    vectors, tokens = encoder.encode_document_tokens(SHORT)
    assert vectors.tobytes() == encoder.encode_document(SHORT).tobytes()
    assert (tokens.rows.dtype, tokens.rows.shape[1]) == (np.int8, HIDDEN)
    vector, own = encoder.encode_query_tokens("新能源能")
    assert vector.tobytes() == encoder.encode_query(["新能源能"]).tobytes()
    np.testing.assert_allclose(np.linalg.norm(own, axis=1), 1, atol=1e-6)
    assert encoder.encode_query_tokens("")[1].shape == (0, HIDDEN)


def test_it_is_torch_s_model_but_for_rounding(encoder: OnnxEncoder, installed: Path) -> None:
    torch = load_encoder(engine="torch")
    assert torch.name == encoder.name == DEFAULT_MODEL
    assert torch.fingerprint != encoder.fingerprint
    assert (torch.dimension, torch.max_tokens) == (encoder.dimension, encoder.max_tokens)
    assert torch.count_tokens(SHORT) == encoder.count_tokens(SHORT)
    for ours, theirs in (
        (encoder.encode_document(SHORT), torch.encode_document(SHORT)),
        (encoder.encode_query(SHORT), torch.encode_query(SHORT)),
    ):
        assert np.sum(ours * theirs, axis=1).min() > 0.98
    ours, theirs = (e.encode_query_tokens("新能源能")[1] for e in (encoder, torch))
    assert ours.shape == theirs.shape and np.sum(ours * theirs, axis=1).min() > 0.95
    rows, others = (e.encode_document_tokens(["新能源能"])[1].rows for e in (encoder, torch))
    assert rows.shape == others.shape == quantize(ours).shape


def test_threads_do_not_disturb_each_other(encoder: OnnxEncoder) -> None:
    expected = [encoder.encode_query([text]).tobytes() for text in SHORT]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda text: encoder.encode_query([text]).tobytes(), SHORT * 10))
    assert found == expected * 10


def test_damaged_texts_are_encoded_and_a_single_text_is_refused(encoder: OnnxEncoder) -> None:
    assert np.isfinite(encoder.encode_document(["\ud800新", "\x00", "😀" * 99])).all()
    with pytest.raises(TypeError):
        encoder.encode_query("新能源")


# --- which engine


def test_engine_is_the_argument_then_the_environment_then_onnx(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICY_QA_ENGINE", "torch")
    assert not isinstance(load_encoder(), OnnxEncoder)
    assert isinstance(load_encoder(engine="onnx"), OnnxEncoder)
    choose_engine("onnx")
    assert isinstance(load_encoder(), OnnxEncoder)
    choose_engine(None)
    assert isinstance(load_encoder(), OnnxEncoder)
    monkeypatch.setenv("POLICY_QA_ENGINE", "")
    assert isinstance(load_encoder(DEFAULT_MODEL), OnnxEncoder)


def test_unknown_engine_is_an_error_naming_those_there_are(installed: Path) -> None:
    with pytest.raises(ModelError, match=r"gpu.*onnx.*torch"):
        load_encoder(engine="gpu")


def test_onnx_runs_the_default_model_only(installed: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="--engine torch") as caught:
        load_encoder(str(tmp_path), engine="onnx")
    assert str(tmp_path) in str(caught.value)


def test_damaged_graph_is_an_error_naming_the_folder(
    encoder: OnnxEncoder, installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = default_model.prepare_default_graph()
    good = (folder / GRAPH).read_bytes()
    (folder / GRAPH).write_bytes(bytes(len(good)))
    with pytest.raises(ModelError) as caught:
        load_encoder()
    (folder / GRAPH).write_bytes(good)
    chinese, english = str(caught.value).splitlines()
    assert str(folder) in chinese and "删除" in chinese and str(folder) in english
    assert load_encoder().fingerprint == encoder.fingerprint


def test_number_of_threads_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert onnx_encoder._count_threads() == 3
    for nothing in ("", "0", "many"):
        monkeypatch.setenv("OMP_NUM_THREADS", nothing)
        assert 1 <= onnx_encoder._count_threads() <= 8


@pytest.mark.model
def test_questions_are_encoded_without_torch() -> None:
    code = (
        "import sys\nfrom index.encoder import load_encoder\n"
        "load_encoder().encode_query(['新能源'])\n"
        "assert not {'torch', 'sentence_transformers', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


@pytest.fixture(scope="module")
def engines() -> tuple[Encoder, Encoder]:
    return load_encoder(engine="onnx"), load_encoder(engine="torch")


@pytest.mark.model
def test_the_real_model_rounds_little(engines: tuple[Encoder, Encoder]) -> None:
    whole, exact = engines
    for ours, theirs in (
        (whole.encode_query(TEXTS), exact.encode_query(TEXTS)),
        (whole.encode_document(TEXTS), exact.encode_document(TEXTS)),
    ):
        assert np.sum(ours * theirs, axis=1).min() > 0.99
    # Which text is the nearest to which hardly changes.
    ours, theirs = (e.encode_query(TEXTS) @ e.encode_document(TEXTS).T for e in engines)
    assert np.abs(ours - theirs).max() < 0.02
