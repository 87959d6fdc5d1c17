"""The default model as an ONNX graph of whole numbers, made once, which onnxruntime runs without torch.

Weights are rounded to seven bits, one scale a row; what flows between layers is rounded to eight as
it comes (Jacob et al., "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", CVPR 2018, here without training). Seven, because processors
without VNNI add two products of eight-bit weights in sixteen bits, which overflow; so the vectors are
the same whatever the processor.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.e5_tokenizer import build_tokenizer
from index.e5_weights import Weights
from index.preparation import write_json

GRAPH = "model.onnx"
TOKENIZER = "tokenizer.json"
FACTS = "config.json"
# The graph's names for the ids of one text's tokens, (1, tokens), and for what it makes of them,
# (1, tokens, dimension).
INPUT, OUTPUT = "input_ids", "tokens"


def write_graph(weights: Weights, folder: Path) -> None:
    """Write the graph, its tokenizer and what its encoder must know; the folder exists, empty.

    OSError where there is no room.
    """
    with tempfile.TemporaryDirectory(dir=folder) as beside, _quiet():
        exact = Path(beside) / GRAPH
        _export(weights, exact)
        _quantize(exact, folder / GRAPH)
    (folder / TOKENIZER).write_text(build_tokenizer(weights).to_str(), encoding="utf-8")
    write_json(
        folder / FACTS,
        {
            "dimension": weights.config["hidden_size"],
            "max_tokens": weights.config["max_position_embeddings"],
            "end": weights.eos,
        },
    )


def _export(weights: Weights, path: Path) -> None:
    """Write the network in full precision: token ids in, the last layer's vectors out.

    One text at a time: with others beside it, a text would be padded to the longest, and rounded on
    a scale that all share, so that its vector would depend on them.
    """
    import torch
    from transformers import BertConfig, BertModel

    bert = BertModel(BertConfig(**weights.config), add_pooling_layer=False)
    # Attention written out, rather than as an operation that onnxruntime takes apart again.
    bert.set_attn_implementation("eager")
    bert.load_state_dict(
        {name: torch.from_numpy(tensor) for name, tensor in weights.tensors.items()}
    )

    class Tokens(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = bert.eval()

        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.bert(input_ids=input_ids).last_hidden_state
            return states

    length = torch.export.Dim("length", min=2, max=weights.config["max_position_embeddings"])
    program = torch.onnx.export(
        Tokens(),
        (torch.ones(1, 8, dtype=torch.long),),
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_shapes={INPUT: {1: length}},
        dynamo=True,
        verbose=False,
    )
    assert program is not None  # only the exporter before this one returned nothing
    program.save(str(path))


def _quantize(exact: Path, path: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        exact,
        path,
        op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the exporter and the quantizer say to developers from people who wait."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
