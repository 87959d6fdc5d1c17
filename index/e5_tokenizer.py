"""The default model's tokenizer, from the pieces and scores that lie beside its weights."""

from __future__ import annotations

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from index.e5_weights import Weights


def build_tokenizer(weights: Weights) -> Tokenizer:
    """Return XLM-RoBERTa's tokenizer: a unigram model over SentencePiece's nmt_nfkc."""
    pieces = weights.pieces
    bos, eos, pad, unk = (
        pieces[i][0] for i in (weights.bos, weights.eos, weights.pad, weights.unk)
    )
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=weights.unk, byte_fallback=False))
    # nmt_nfkc is NFKC, except that it drops control characters, turns tabs, line breaks and
    # zero-width characters into spaces (both are Nmt), and leaves ～ (a range, as in 10～20) alone.
    # U+FDD0 is a noncharacter: no text holds it, and NFKC does not touch it.
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Nmt(),
            normalizers.Replace("～", "\ufdd0"),
            normalizers.NFKC(),
            normalizers.Replace("\ufdd0", "～"),
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, weights.bos), (eos, weights.eos)],
    )
    tokenizer.add_special_tokens(
        [AddedToken(text, normalized=False, special=True) for text in (bos, pad, eos, unk)]
    )
    return tokenizer
