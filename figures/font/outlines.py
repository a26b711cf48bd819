"""Makes outlines.txt, the letters of the pictures, from DejaVuSans.ttf (needs fontTools):

    python3 outlines.py DejaVuSans.ttf > outlines.txt
"""

import sys

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

CHARACTERS = [chr(c) for c in [*range(0x20, 0x7F), *range(0xC0, 0x100)]]
CHARACTERS += "°±²³µ·¹×αβγδεθκλμπρστφχψωΔΣΩ⁰⁴⁵⁶⁷⁸⁹⁻−–—…‖≤≥≈√∂→"
UNITS = 1000  # of the em square: a unit is far below a pixel at any size of ours

font = TTFont(sys.argv[1])
glyphs, names = font.getGlyphSet(), font.getBestCmap()
scale = UNITS / font["head"].unitsPerEm


class Outline(BasePen):
    """Collects the commands of an SVG path: M x y, L x y, Q control-x control-y x y."""

    def __init__(self):
        super().__init__(glyphs)
        self.text = ""

    def add(self, command, *points):
        self.text += command + " ".join(f"{scale * number:.0f}" for point in points for number in point)

    def _moveTo(self, point):
        self.add("M", point)

    def _lineTo(self, point):
        self.add("L", point)

    def _qCurveToOne(self, control, point):
        self.add("Q", control, point)


print("# The outlines of DejaVu Sans (licence: figures/font/LICENSE), made by outlines.py.")
print(f"# A character a line: code point (hexadecimal), advance, SVG path; {UNITS} units an em, y grows upwards.")
for character in sorted(set(CHARACTERS)):
    glyph = glyphs[names[ord(character)]]
    outline = Outline()
    glyph.draw(outline)
    print(f"{ord(character):X} {scale * glyph.width:.0f} {outline.text}".rstrip())
