"""Texts -> page images as a poor scanner leaves them; the same seed gives the same pixels.

Pages are A4, set as official documents are: 28 characters a line, 22 lines a page, paragraphs
indented by two characters.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_A4_INCHES = (8.27, 11.69)
_TYPEFACES = ("Noto Serif CJK SC", "Noto Sans CJK SC", "Source Han Serif SC", "FangSong", "SimSun")


@dataclass(frozen=True, slots=True)
class Typeface:
    """A font file, and which of the typefaces in it."""

    file: Path
    index: int


@dataclass(frozen=True, slots=True)
class Setting:
    """How a page is set: points, a line's pitch as a multiple of the size, margins in inches."""

    points: float = 16.0
    pitch: float = 1.75
    margin: float = 1.1


@dataclass(frozen=True, slots=True)
class Damage:
    """What a scanner does: resolution, skew in degrees, noise (standard deviation of 255), JPEG."""

    dpi: int = 100
    skew: float = 1.2
    noise: float = 8.0
    quality: int = 45


def find_typeface() -> Typeface | None:
    """Return a Chinese typeface that is installed here, or None."""
    if shutil.which("fc-match") is None:
        return None
    for name in _TYPEFACES:
        command = ["fc-match", "-f", "%{family}\t%{file}\t%{index}", f"{name}:lang=zh-cn"]
        found = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        family, file, index = (*found.split("\t"), "", "")[:3]
        if name in family.split(","):
            return Typeface(Path(file), int(index) & 0xFFFF)
    return None


def render_pages(
    text: str, typeface: Typeface, *, dpi: int, setting: Setting | None = None
) -> Iterator[Image.Image]:
    """Set ``text``, one paragraph a line, and yield its pages as grey images."""
    setting = setting or Setting()
    width, height = (round(inches * dpi) for inches in _A4_INCHES)
    face = ImageFont.truetype(typeface.file, round(setting.points * dpi / 72), index=typeface.index)
    margin, pitch = round(setting.margin * dpi), round(face.size * setting.pitch)
    lines = list(_wrap(text, face, width - 2 * margin))
    per_page = (height - 2 * margin) // pitch
    for first in range(0, len(lines), per_page):
        page = Image.new("L", (width, height), 255)
        draw = ImageDraw.Draw(page)
        for row, line in enumerate(lines[first : first + per_page]):
            draw.text((margin, margin + row * pitch), line, font=face, fill=0)
        yield page


def _wrap(text: str, face: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    for paragraph in filter(str.strip, text.splitlines()):
        line = "　　"
        for character in paragraph.strip():
            if face.getlength(line + character) > width:
                yield line
                line = ""
            line += character
        yield line


def degrade(page: Image.Image, damage: Damage, rng: np.random.Generator) -> bytes:
    """Return ``page`` skewed, noisy and compressed, as the bytes of a JPEG file."""
    skewed = page.rotate(damage.skew, resample=Image.Resampling.BICUBIC, fillcolor=255)
    pixels = np.asarray(skewed, dtype=np.float64)
    pixels = pixels + rng.normal(0.0, damage.noise, pixels.shape)
    noisy = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    buffer = io.BytesIO()
    noisy.save(buffer, "JPEG", quality=damage.quality, dpi=(damage.dpi, damage.dpi))
    return buffer.getvalue()


def bind(pages: Sequence[bytes], *, dpi: int) -> bytes:
    """Return the pages as one PDF file without a text layer."""
    first, *others = [Image.open(io.BytesIO(page)) for page in pages]
    buffer = io.BytesIO()
    # Pillow compresses again; at this quality it adds no damage of its own.
    first.save(buffer, "PDF", save_all=True, append_images=others, resolution=dpi, quality=95)
    return buffer.getvalue()


def edit_distance(a: str, b: str) -> int:
    """Return how many characters must be put in, taken out or replaced to make ``b`` of ``a``."""
    columns = np.arange(len(b) + 1)
    target = np.array(list(b))
    row = columns
    for i, character in enumerate(a, 1):
        best = np.empty_like(row)
        best[0] = i
        best[1:] = np.minimum(row[:-1] + (target != character), row[1:] + 1)
        # Insertions run along the row: the least of what lies left of it, a step for each column.
        row = np.minimum.accumulate(best - columns) + columns
    return int(row[-1])
