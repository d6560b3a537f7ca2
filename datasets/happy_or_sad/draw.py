"""Draws the faces of this folder anew: `python datasets/happy_or_sad/draw.py`, in the course's folder.

Every figure comes from one generator of random numbers, so the same pixels come out each time.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIZE, FINER = 150, 4  # drawn four times as large and then reduced, so that lines are smooth
COLOURS = 24  # few of them make small files
COUNTS = {"train": 40, "test": 20}  # of each kind
FOLDER = Path(__file__).parent


def draw_face(random, happy):
    """A round head on a plain ground: two eyes, sometimes brows and cheeks, and a mouth that curves up or down."""
    scale = SIZE * FINER
    ground, ink = pick_colour(random, 120, 256), pick_colour(random, 0, 60)
    skin = tuple(int(part) for part in random.integers((225, 180, 80), (256, 230, 150)))
    image = Image.new("RGB", (scale, scale), ground)
    pen = ImageDraw.Draw(image)
    radius = random.uniform(0.36, 0.43) * scale
    across, down = random.uniform(0.48, 0.52, 2) * scale

    def oval(x, y, wide, high, **how):
        pen.ellipse((across + (x - wide) * radius, down + (y - high) * radius, across + (x + wide) * radius, down + (y + high) * radius), **how)

    line = int(random.uniform(0.07, 0.1) * radius)
    oval(0, 0, 1, 1, fill=skin, outline=ink, width=line)
    apart, height, eye = random.uniform(0.3, 0.42), random.uniform(-0.35, -0.2), random.uniform(0.08, 0.14)
    if random.random() < 0.5:
        for side in (-1, 1):
            oval(side * 0.58, 0.15, 0.14, 0.09, fill=(240, 150, 140))
    for side in (-1, 1):
        oval(side * apart, height, eye, eye * random.uniform(0.9, 1.5), fill=ink)
        if random.random() < 0.5:
            oval(side * apart - 0.02, height - 0.03, eye / 3, eye / 3, fill=(255, 255, 255))
    wide, high, middle = random.uniform(0.45, 0.58), random.uniform(0.28, 0.38), random.uniform(0.4, 0.45)
    # An arc is half of an oval: its lower half is a smile, its upper half the opposite.
    top = middle - 2 * high * 0.75 if happy else middle - high * 0.25
    box = (across - wide * radius, down + top * radius, across + wide * radius, down + (top + 2 * high) * radius)
    pen.arc(box, *((20, 160) if happy else (200, 340)), fill=ink, width=int(line * random.uniform(1.0, 1.6)))
    turned = image.rotate(random.uniform(-8, 8), Image.Resampling.BICUBIC, fillcolor=ground)
    small = turned.resize((SIZE, SIZE), Image.Resampling.BOX)
    return small.quantize(COLOURS).convert("RGB")


def pick_colour(random, low, high):
    return tuple(int(part) for part in random.integers(low, high, 3))


def main():
    random = np.random.default_rng(2019)
    for split, count in COUNTS.items():
        for name in ("happy", "sad"):
            folder = FOLDER / split / name
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(1, count + 1):
                draw_face(random, name == "happy").save(folder / f"{name}{number:02}.png", optimize=True)


if __name__ == "__main__":
    main()
