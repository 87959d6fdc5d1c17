"""Encoders: loading by path and name, prompts, order, counting. The models are tiny and random."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from index import encoder as encoder_module
from index import sentence_encoder
from index.default_model import DEFAULT_MODEL
from index.encoder import load_encoder
from index.errors import ModelError

ROOT = Path(__file__).parent.parent

DIMENSION, LENGTH = 32, 24
ALPHABET = "新能源汽车充电桩补贴问文：query: passage: ，。"
REVISION = "0123456789abcdef0123456789abcdef01234567"

# Lengths out of order, more than one batch, some longer than the model reads.
TEXTS = [(ALPHABET[i % 9 :] * 3)[: 1 + (7 * i) % 40] for i in range(20)]


def make_model(folder: Path) -> Path:
    """Save a BERT of two layers with random weights, whose tokens are characters."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {token: i for i, token in enumerate([*special, *dict.fromkeys(ALPHABET)])}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = dict(zip(("pad", "unk", "cls", "sep", "mask"), special, strict=True))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_max_length=LENGTH,
        **{f"{name}_token": token for name, token in names.items()},
    )
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=DIMENSION,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=LENGTH,
        initializer_range=0.5,  # so that texts come out far apart
    )
    torch.manual_seed(0)
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    modules = [Transformer(str(folder)), Pooling(DIMENSION, "mean")]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder), create_model_card=False)
    return folder


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model without prompts and without a module that normalises."""
    return make_model(tmp_path_factory.mktemp("models") / "plain")


def with_prompts(plain: Path, folder: Path, prompts: dict[str, str]) -> Path:
    shutil.copytree(plain, folder)
    config = folder / "config_sentence_transformers.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "prompts": prompts}))
    return folder


@pytest.fixture
def hub_cache(plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a cache that holds the model as someone/tiny and as the default model."""
    for name in ("someone/tiny", DEFAULT_MODEL):
        repository = tmp_path / f"models--{name.replace('/', '--')}"
        shutil.copytree(plain, repository / "snapshots" / REVISION)
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(REVISION)
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def no_configured_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("POLICY_QA_MODEL", raising=False)
    yield


# --- vectors


def test_vectors_are_unit_float32_rows_in_the_order_given(plain: Path) -> None:
    encoder = load_encoder(str(plain))
    assert (encoder.dimension, encoder.max_tokens) == (DIMENSION, LENGTH)
    for encode in (encoder.encode_query, encoder.encode_document):
        vectors = encode(TEXTS)
        assert vectors.shape == (len(TEXTS), DIMENSION) and vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
        alone = np.concatenate([encode([text]) for text in TEXTS])
        np.testing.assert_allclose(vectors, alone, atol=1e-6)
    assert np.linalg.matrix_rank(vectors) > 10  # or the comparison would show nothing


def test_vectors_are_the_same_bytes_again(plain: Path) -> None:
    first, second = load_encoder(str(plain)), load_encoder(str(plain))
    vectors = first.encode_document(TEXTS)
    assert first.encode_document(TEXTS).tobytes() == vectors.tobytes()
    assert second.encode_document(TEXTS).tobytes() == vectors.tobytes()


def test_nothing_gives_no_vectors(plain: Path) -> None:
    encoder = load_encoder(str(plain))
    assert encoder.encode_query([]).shape == (0, DIMENSION)
    assert encoder.encode_document([]).shape == (0, DIMENSION)
    assert encoder.count_tokens([]) == []


def test_progress_counts_texts(plain: Path) -> None:
    seen: list[tuple[int, int]] = []
    load_encoder(str(plain)).encode_document(TEXTS, progress=lambda *done: seen.append(done))
    assert [total for _, total in seen] == [20] * len(seen)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen}) and seen[-1][0] == 20


def test_empty_and_damaged_texts_are_encoded(plain: Path) -> None:
    vectors = load_encoder(str(plain)).encode_query(["", "新\ud800能", "新\0能"])
    assert np.isfinite(vectors).all()


def test_a_single_text_is_not_taken_apart(plain: Path) -> None:
    with pytest.raises(TypeError):
        load_encoder(str(plain)).encode_query("新能源")


def test_threads_do_not_disturb_each_other(plain: Path) -> None:
    encoder = load_encoder(str(plain))
    vectors, counts = encoder.encode_document(TEXTS), encoder.count_tokens(TEXTS)

    def work(turn: int) -> bool:
        if turn % 2:
            return encoder.count_tokens(TEXTS) == counts
        return bool(np.allclose(encoder.encode_document(TEXTS), vectors, atol=1e-5))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(40)))


# --- prompts


@pytest.mark.parametrize("document", ["document", "passage", "corpus"])
def test_prompts_go_before_questions_and_passages(
    document: str, plain: Path, tmp_path: Path
) -> None:
    prompts = {"query": "问：", document: "文："}
    prompted = load_encoder(str(with_prompts(plain, tmp_path / "prompted", prompts)))
    bare = load_encoder(str(plain))
    np.testing.assert_allclose(
        prompted.encode_query(["补贴"]), bare.encode_query(["问：补贴"]), atol=1e-6
    )
    np.testing.assert_allclose(
        prompted.encode_document(["补贴"]), bare.encode_document(["文：补贴"]), atol=1e-6
    )
    assert not np.allclose(prompted.encode_query(["补贴"]), bare.encode_query(["补贴"]), atol=1e-3)


def test_e5_gets_the_prompts_that_its_files_lack(plain: Path, tmp_path: Path) -> None:
    bare = load_encoder(str(plain))
    for name, is_e5 in (
        ("multilingual-e5-small", True),
        ("e5-base-v2", True),
        ("multilingual-e5-large-instruct", False),
        ("bge5-small", False),
    ):
        encoder = load_encoder(str(shutil.copytree(plain, tmp_path / name)))
        query, passage = ("query: 补贴", "passage: 补贴") if is_e5 else ("补贴", "补贴")
        assert np.allclose(encoder.encode_query(["补贴"]), bare.encode_query([query]), atol=1e-6)
        assert np.allclose(
            encoder.encode_document(["补贴"]), bare.encode_document([passage]), atol=1e-6
        )


def test_tokens_are_counted_with_prompt_and_ends_and_before_any_cut(
    plain: Path, tmp_path: Path
) -> None:
    prompted = load_encoder(str(with_prompts(plain, tmp_path / "prompted", {"document": "文："})))
    texts = [*TEXTS, "新" * 1000, ""]
    expected = [len("文：") + len(text) + len(("[CLS]", "[SEP]")) for text in texts]
    assert prompted.count_tokens(texts) == expected
    prompted.encode_document(texts)  # sets the tokenizer to cut and to pad
    assert prompted.count_tokens(texts) == expected
    # At max_tokens nothing is lost yet, one above it the end is.
    fits, longer = "新" * (LENGTH - 5) + "能", "新" * (LENGTH - 4) + "能"
    assert prompted.count_tokens([fits, longer]) == [LENGTH, LENGTH + 1]
    same = prompted.encode_document([longer, longer[:-1] + "源", fits, fits[:-1] + "源"])
    assert np.allclose(same[0], same[1], atol=1e-6) and not np.allclose(same[2], same[3], atol=1e-3)


# --- tokens


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("prompts", [{}, {"query": "问：", "document": "文文："}], ids=len)
def test_tokens_are_those_of_the_text_itself(
    prompts: dict[str, str], plain: Path, tmp_path: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    encoder = load_encoder(str(with_prompts(plain, tmp_path / "prompted", prompts)))
    model = SentenceTransformer(str(plain), device="cpu")

    def reference(prompt: str, text: str) -> np.ndarray:
        # A character is a token; [CLS] before, [SEP] behind, and what is too long is cut.
        whole = model.encode(prompt + text, output_value="token_embeddings").numpy()
        return unit(whole[1 + len(prompt) : -1])

    texts = [*TEXTS, ""]
    vectors, tokens = encoder.encode_document_tokens(texts)
    assert vectors.tobytes() == encoder.encode_document(texts).tobytes()
    assert tokens.rows.dtype == np.int8 and len(tokens.offsets) == len(texts) + 1
    prompt = prompts.get("document", "")
    for text, start, end in zip(texts, tokens.offsets, tokens.offsets[1:], strict=False):
        assert end - start == min(len(text), LENGTH - 2 - len(prompt))
        if text:
            cosines = np.sum(unit(tokens.rows[start:end]) * reference(prompt, text), axis=1)
            assert cosines.min() > 0.9995
        vector, own = encoder.encode_query_tokens(text)
        assert vector.tobytes() == encoder.encode_query([text]).tobytes()
        assert own.dtype == np.float32 and len(own) == min(
            len(text), LENGTH - 2 - len(prompts.get("query", ""))
        )
        if text:
            expected = reference(prompts.get("query", ""), text)
            np.testing.assert_allclose(own, expected, atol=1e-5)


def test_tokens_of_nothing_and_progress(plain: Path) -> None:
    encoder = load_encoder(str(plain))
    vectors, tokens = encoder.encode_document_tokens([])
    assert vectors.shape == (0, DIMENSION) and len(tokens.rows) == 0
    assert tokens.offsets.tolist() == [0]
    seen: list[tuple[int, int]] = []
    encoder.encode_document_tokens(TEXTS, progress=lambda *done: seen.append(done))
    assert seen[-1] == (20, 20) and len(seen) == len(set(seen)) > 1


def test_static_model_has_no_tokens(plain: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(plain / "tokenizer.json"))
    module = StaticEmbedding(tokenizer, embedding_dim=8)
    SentenceTransformer(modules=[module], device="cpu").save(
        str(tmp_path / "static"), create_model_card=False
    )
    encoder = load_encoder(str(tmp_path / "static"))
    vectors, tokens = encoder.encode_document_tokens(["补贴", "汽车"])
    assert np.array_equal(vectors, encoder.encode_document(["补贴", "汽车"]))
    assert len(tokens.rows) == 0 and tokens.offsets.tolist() == [0, 0, 0]
    vector, own = encoder.encode_query_tokens("补贴")
    assert np.array_equal(vector, encoder.encode_query(["补贴"])) and len(own) == 0


# --- which model


def test_argument_then_environment_then_default(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = shutil.copytree(plain, tmp_path / "other")
    default = shutil.copytree(plain, tmp_path / "default")
    monkeypatch.setenv("POLICY_QA_ENGINE", "torch")
    for module in (encoder_module, sentence_encoder):
        monkeypatch.setattr(module, "installed_weights", lambda: tmp_path / "weights")
    monkeypatch.setattr(sentence_encoder, "prepare_default_model", lambda progress: default)
    assert load_encoder().name == DEFAULT_MODEL
    assert load_encoder(DEFAULT_MODEL).name == DEFAULT_MODEL
    monkeypatch.setenv("POLICY_QA_MODEL", str(other))
    assert load_encoder().name == str(other)
    assert load_encoder(str(plain)).name == str(plain)
    monkeypatch.setenv("POLICY_QA_MODEL", "")
    assert load_encoder().name == DEFAULT_MODEL


def test_name_is_looked_up_in_the_local_cache(hub_cache: Path, plain: Path) -> None:
    encoder = load_encoder("someone/tiny")
    assert (encoder.name, encoder.fingerprint) == ("someone/tiny", f"someone/tiny@{REVISION}")
    vectors = load_encoder(str(plain)).encode_document(TEXTS)
    assert encoder.encode_document(TEXTS).tobytes() == vectors.tobytes()


def test_default_model_comes_from_the_hub_where_there_is_no_wheel(
    hub_cache: Path, plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (encoder_module, sentence_encoder):
        monkeypatch.setattr(module, "installed_weights", lambda: None)
    encoder = load_encoder()
    assert encoder.fingerprint == f"{DEFAULT_MODEL}@{REVISION}"
    bare = load_encoder(str(plain))
    assert np.allclose(encoder.encode_query(["补"]), bare.encode_query(["query: 补"]), atol=1e-6)


def test_fingerprint_is_of_what_makes_the_vectors(plain: Path, tmp_path: Path) -> None:
    fingerprint = load_encoder(str(plain)).fingerprint
    copy = shutil.copytree(plain, tmp_path / "copy")
    (copy / "README.md").write_text("a copy")
    (copy / ".git").mkdir()
    (copy / ".git" / "config").write_text("")
    assert load_encoder(str(copy)).fingerprint == fingerprint
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x3f")
    changed = load_encoder(str(copy)).fingerprint
    prompted = with_prompts(plain, tmp_path / "prompted", {"query": "问："})
    # The name alone gives it e5's prompts, so the vectors differ though the files are equal.
    e5 = shutil.copytree(plain, tmp_path / "e5-small")
    others = {load_encoder(str(folder)).fingerprint for folder in (prompted, e5)}
    assert len({fingerprint, changed, *others}) == 4


def test_loading_and_encoding_print_nothing(plain: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from transformers.utils import logging

    logging.enable_progress_bar()
    told: list[str] = []
    load_encoder(str(plain), progress=told.append).encode_document(TEXTS)
    assert capfd.readouterr() == ("", "")
    assert len(told) == 1 and str(plain) in told[0]
    assert logging.is_progress_bar_enabled()  # as it was


def test_local_folder_needs_no_network(plain: Path) -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*args, **kwargs): print('network', args); raise OSError\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from index.encoder import load_encoder\n"
        "assert not {'torch', 'sentence_transformers', 'transformers'} & set(sys.modules)\n"
        "print(load_encoder(sys.argv[1]).encode_query(['新']).shape)"
    )
    online = {"PATH": "", "HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(plain)],
        cwd=ROOT,
        env=online,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"(1, {DIMENSION})\n", "")


# --- what cannot be loaded


@pytest.mark.parametrize(
    "name", ["nobody/no-such-model", "no-such-model", "./no/such/folder", "C:\\models\\e5", "a b"]
)
def test_unknown_model_offline_is_an_error_naming_it_and_the_way_out(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        load_encoder(name)
    chinese, english = str(caught.value).splitlines()
    assert chinese.startswith(f"无法加载模型 {name}：")
    assert english.startswith(f"Cannot load model {name}: ")
    for line in (chinese, english):
        assert "--model" in line and "POLICY_QA_MODEL" in line


def test_incomplete_download_is_an_error(hub_cache: Path) -> None:
    for weights in hub_cache.rglob("model.safetensors"):
        weights.unlink()
    with pytest.raises(ModelError, match="someone/tiny"):
        load_encoder("someone/tiny")


def test_file_is_not_a_model(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"")
    with pytest.raises(ModelError, match="not a folder"):
        load_encoder(str(path))


@pytest.mark.parametrize("missing", ["modules.json", "config.json", "model.safetensors"])
def test_folder_without_its_parts_is_not_a_model(missing: str, plain: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(plain, tmp_path / "partial")
    (folder / missing).unlink()
    with pytest.raises(ModelError, match="partial"):
        load_encoder(str(folder))


def test_truncated_weights_are_not_a_model(plain: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(plain, tmp_path / "truncated")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelError, match="truncated"):
        load_encoder(str(folder))
