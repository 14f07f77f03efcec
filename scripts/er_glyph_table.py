"""Derive the table of visually similar characters that the name comparator uses.

Every character of GB 2312 plus some newer name characters is drawn in two typefaces (a gothic and a
serif), centred, blurred and reduced to 24 × 24; two characters are as similar as the correlation of
their pictures, averaged over the typefaces. A character keeps its nearest NEIGHBOURS with a
correlation of at least CUT. The picture of a glyph is a fact about its shape; nothing of the typeface
is copied. The committed table came from Noto Sans CJK and Noto Serif CJK (OFL-1.1).

    python scripts/er_glyph_table.py SANS.ttc SERIF.ttc > src/xieli/engines/matching/er/data/similar.csv

Needs Pillow, which the product does not.
"""
from __future__ import annotations

import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

NEIGHBOURS = 10
CUT = 0.78
NEWER = "喆堃昇旸玥祎昀甯淼晟珺琤瑢翀赟镕頔弢笪仝晗菡煊炅垚犇骉淏沄婳妤"


def characters() -> list[str]:
    found: list[str] = []
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                found.append(bytes([high, low]).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return found + [c for c in NEWER if c not in found]


def pictures(chars: list[str], path: str) -> np.ndarray:
    font = ImageFont.truetype(path, 64, index=2)
    rows = []
    for c in chars:
        im = Image.new("L", (80, 80))
        ImageDraw.Draw(im).text((8, 0), c, font=font, fill=255)
        x0, y0, x1, y1 = im.getbbox() or (0, 0, 80, 80)
        dx, dy = (x0 + x1) // 2 - 36, (y0 + y1) // 2 - 36
        im = im.transform((72, 72), Image.Transform.AFFINE, (1, 0, dx, 0, 1, dy))
        im = im.filter(ImageFilter.GaussianBlur(2.2)).resize((24, 24), Image.Resampling.BILINEAR)
        rows.append(np.asarray(im, dtype=np.float32).ravel())
    x = np.array(rows)
    x -= x.mean(axis=1, keepdims=True)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def main() -> None:
    chars = characters()
    drawn = [pictures(chars, path) for path in sys.argv[1:3]]
    likeness = sum(x @ x.T for x in drawn) / len(drawn)
    np.fill_diagonal(likeness, 0)
    pairs = set()
    for i in range(len(chars)):
        for j in np.argsort(-likeness[i])[:NEIGHBOURS]:
            if likeness[i, j] >= CUT:
                pairs.add((min(i, j), max(i, j)))
    near: dict[int, list[int]] = {}
    for i, j in pairs:
        near.setdefault(i, []).append(j)
        near.setdefault(j, []).append(i)
    print("char,similar")
    for i in sorted(near):
        print(f"{chars[i]},{''.join(chars[j] for j in sorted(near[i], key=lambda k, i=i: -likeness[i, k]))}")


if __name__ == "__main__":
    main()
