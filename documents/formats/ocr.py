"""The pixels of a page -> the pieces of text on it, with how sure each character is.

rapidocr with the models of its own wheel, which are named by path: asked for a model by its kind,
it would look for it on the network and write into its own package. It finds lines of any small skew
as quadrangles and cuts each out straight, so a skewed page is never resampled as a whole: at 100 dpi
that costs as many characters as it saves.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
_Quads = NDArray[np.float32]

# Lines are looked for in an image of at most this many pixels in height or width, and cut from the
# whole one. 1,200 to 4,000 find the same lines in pages of 150 to 300 dpi set in 12 points; the time
# grows with the area. 1,600 leaves 9 points on A4 as high as 12 points at 100 dpi.
_DETECTION_SIDE = 1600
# How far a box is grown around the ink that was found. Error in per cent of two or three pages each at
# 100 dpi, skewed by 1.2°, with noise of 8 to 12 and JPEG quality 45, set in 16 points with a pitch of
# 1.75 (as official documents are), the same with specks, 13 blurred, 12 with 1.25, 9 with 1.25:
#   1.6 (the library's)  .90  1.72  1.53   .90  2.24
#   2.0                  .75  1.57  1.12  1.37  2.80
#   2.2                  .53  1.35  1.06  1.66  3.15
# All but .1 to .5 of it is commas and brackets of the other width, but for the last: .4, .9 and 1.3.
_GROWTH = 2.0
# More threads than this gain nothing on images of one line.
_MAX_THREADS = 4
# So many lines are read first to see which way up a page is. Their mean score was .88 to 1 on 39 pages
# of 9 to 16 points that were upright, .1 to .75 on the same ones upside down.
_JURY = 4
_UPRIGHT = 0.85

# The engine keeps the options of the last call in itself, so calls take turns.
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Piece:
    """A row of text, or a part of one.

    ``left``..``bottom`` are pixels of the page once it is upright and its skew is gone; ``scores``
    holds a probability for each character of ``text``. What was seen but could not be read has an
    empty text.
    """

    left: float
    top: float
    right: float
    bottom: float
    text: str
    scores: tuple[float, ...]

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Half-way between top and bottom."""
        return (self.top + self.bottom) / 2


def read_pieces(pixels: Pixels) -> list[Piece]:
    """Return the pieces of text on a page, in no order; ``pixels`` are (height, width, 3), blue first.

    A page on its side or upside down is turned first.
    """
    with _lock:
        pixels, quads = _find_upright(pixels)
        if not len(quads):
            return []
        read = _engine().recognize_txt(_engine().crop_text_regions(pixels, quads))
        frames = _straighten(quads, pixels.shape[1], pixels.shape[0])
        return [
            _piece(frame, text, words.confs if words else [])
            for frame, text, words in zip(frames, read.txts, read.word_results, strict=True)
        ]


@cache
def _engine() -> Any:  # rapidocr declares other types than it returns
    import rapidocr  # here, because it takes a second that other formats need not wait

    models = Path(rapidocr.__file__).parent / "models"
    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": _DETECTION_SIDE,
            "Global.return_word_box": True,
            "Det.model_path": str(models / "PP-OCRv6_det_small.onnx"),
            "Det.unclip_ratio": _GROWTH,
            # By itself it would enlarge whatever is narrower than 736 pixels, a strip beyond measure.
            "Det.limit_type": "max",
            "Det.limit_side_len": _DETECTION_SIDE,
            "Rec.model_path": str(models / "PP-OCRv6_rec_small.onnx"),
            "EngineConfig.onnxruntime.intra_op_num_threads": min(_MAX_THREADS, os.cpu_count() or 1),
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


# --- where the lines are --------------------------------------------------------------------------


def _find_upright(pixels: Pixels) -> tuple[Pixels, _Quads]:
    """Return the page turned upright by quarters, and the corners of its lines."""
    quads = _find(pixels)
    if len(quads) and _is_on_its_side(quads):
        pixels = _turn(pixels, 1)
        quads = _find(pixels)
    if len(quads) and _is_upside_down(pixels, quads):
        pixels = _turn(pixels, 2)
        quads = _find(pixels)
    return pixels, quads


def _find(pixels: Pixels) -> _Quads:
    """Return (lines, 4, 2) corners, each from the upper left one clockwise."""
    found = _engine()(pixels, use_det=True, use_cls=False, use_rec=False).boxes
    return np.asarray([] if found is None else found, dtype=np.float32).reshape(-1, 4, 2)


def _turn(pixels: Pixels, quarters: int) -> Pixels:
    return np.ascontiguousarray(np.rot90(pixels, quarters))


def _is_on_its_side(quads: _Quads) -> bool:
    """Whether most of the text runs up or down; a single character counts neither way."""
    width, height = _sizes(quads)
    longer = np.maximum(width, height)
    return bool(longer[height > 2 * width].sum() > longer[width > 2 * height].sum())


def _is_upside_down(pixels: Pixels, quads: _Quads) -> bool:
    """Whether the longest lines read better the other way up.

    The library's classifier of directions is not asked: at 100 dpi it took 13 of 29 upright pages of 9
    to 12 points for upside down.
    """
    longest = quads[np.argsort(-_sizes(quads)[0])[:_JURY]]
    crops = _engine().crop_text_regions(pixels, longest)
    upright = _confidence(crops)
    return upright < _UPRIGHT and _confidence([_turn(crop, 2) for crop in crops]) > upright


def _confidence(crops: list[Pixels]) -> float:
    return float(np.mean(_engine().recognize_txt(crops).scores))


def _sizes(quads: _Quads) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the width and the height of each line."""
    width = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
    height = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
    return width, height


def _straighten(quads: _Quads, width: int, height: int) -> NDArray[np.float64]:
    """Return (lines, 4): left, top, right, bottom of each line after the page's skew is undone.

    The page is turned round its centre, so that its text stays where it was on it.
    """
    skew = _skew(quads)
    turn = np.array([[np.cos(skew), -np.sin(skew)], [np.sin(skew), np.cos(skew)]])
    centre = np.array([width / 2, height / 2])
    corners = (quads - centre) @ turn + centre
    left = corners[:, (0, 3), 0].mean(axis=1)
    right = corners[:, (1, 2), 0].mean(axis=1)
    top = corners[:, (0, 1), 1].mean(axis=1)
    bottom = corners[:, (2, 3), 1].mean(axis=1)
    return np.stack([left, top, right, bottom], axis=1)


def _skew(quads: _Quads) -> float:
    """Return the page's skew in radians: the median over the lines, each with its length's weight."""
    along = (quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3]) / 2
    angles = np.arctan2(along[:, 1], along[:, 0])
    order = np.argsort(angles)
    weight = np.cumsum(np.linalg.norm(along, axis=1)[order])
    return float(angles[order][np.searchsorted(weight, weight[-1] / 2)])


def _piece(frame: NDArray[np.float64], text: str, scores: list[float]) -> Piece:
    start = len(text) - len(text.lstrip())
    end = max(start, len(text.rstrip()))
    left, top, right, bottom = frame.tolist()
    return Piece(left, top, right, bottom, text[start:end], tuple(scores[start:end]))
