"""The pictures that are measured on, made once from a folder of photos and kept in the cache folder."""

import concurrent.futures
import hashlib
import io
import json
import os
import pathlib
import shutil

import numpy
from PIL import Image, ImageOps

ENDINGS = {".jpg", ".jpeg"}
# Sides of the large photos, in pixels, and quality.
LARGE = (4000, 3000)
QUALITY = 90


def found(folder):
    """JPEG files of a folder, in the order of their paths."""
    files = sorted(path for path in pathlib.Path(folder).rglob("*") if path.suffix.lower() in ENDINGS)
    if not files:
        raise SystemExit(f"{folder}: there is no JPEG file in this folder")
    return files


def stamp(files, *settings):
    """Names a set by what it is made of."""
    text = json.dumps([[file.name, file.stat().st_size] for file in files] + list(settings))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def made(cache, name, files, count, write):
    """A folder of `count` files in the cache; `write(number, path)` makes one where the folder is not there yet."""
    folder = pathlib.Path(cache) / "benchmark-photos" / f"{name}-{count}-{stamp(files, name, count)}"
    if not folder.is_dir():
        part = folder.with_name(folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda number: write(number, part / f"{number:06}.jpg"), range(count)))
        part.rename(folder)
    return folder


def repeated(cache, files, count):
    """Photos again and again, each with a comment of its own, so that no two files have the same bytes."""

    def write(number, path):
        data = files[number % len(files)].read_bytes()
        comment = f"copy {number}".encode()
        # After the start-of-image marker; a comment segment is FF FE, its length with the two bytes of the length.
        path.write_bytes(data[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + data[2:])

    return made(cache, "repeated", files, count, write)


def large(cache, files, count):
    """Photos enlarged to 12 megapixels."""

    def write(number, path):
        with Image.open(files[number % len(files)]) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
        sides = LARGE if upright.width >= upright.height else LARGE[::-1]
        buffer = io.BytesIO()
        ImageOps.fit(upright, sides, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=QUALITY, comment=f"{number}")
        path.write_bytes(buffer.getvalue())

    return made(cache, "large", files, count, write)


def small(cache, files, count):
    """Pictures of 256 pixels on the shorter side, each a little different."""

    def write(number, path):
        with Image.open(files[number % len(files)]) as image:
            image.draft("RGB", (256, 256))
            upright = ImageOps.exif_transpose(image).convert("RGB")
        scale = 256 / min(upright.size)
        reduced = upright.resize([max(256, round(side * scale)) for side in upright.size])
        # Another brightness each time: the features differ, as those of different pictures do.
        table = [min(255, round(value * (0.6 + 0.8 * (number // len(files) % 64) / 64))) for value in range(256)] * 3
        buffer = io.BytesIO()
        reduced.point(table).save(buffer, "JPEG", quality=QUALITY, comment=f"{number}")
        path.write_bytes(buffer.getvalue())

    return made(cache, "small", files, count, write)


# How networks take pictures: torchvision's, and Caffe's (B, G, R on the scale of 0 to 255).
RECIPES = {
    "torchvision": {"reversed": False, "scale": 1 / 255, "mean": (0.485, 0.456, 0.406), "deviation": (0.229, 0.224, 0.225)},
    "caffe": {"reversed": True, "scale": 1.0, "mean": (104, 117, 123), "deviation": (1, 1, 1)},
}


def crop(path, draft=False, shorter=256, side=224):
    """The centre crop of a picture, by Pillow, which resizes no more than the crop; `draft` lets libjpeg scale while it
    decodes."""
    with Image.open(path) as image:
        if draft:
            image.draft("RGB", (shorter, shorter))
        image.load()
    if image.mode != "RGB":
        image = image.convert("RGB")
    ImageOps.exif_transpose(image, in_place=True)
    width, height = image.size
    scale = shorter / min(width, height)
    size = (shorter, int(height * scale)) if width <= height else (int(width * scale), shorter)
    left, top = round((size[0] - side) / 2), round((size[1] - side) / 2)
    across, down = width / size[0], height / size[1]
    box = (left * across, top * down, (left + side) * across, (top + side) * down)
    return image.resize((side, side), Image.Resampling.BILINEAR, box)


def normalized(image, recipe):
    """[3, side, side] of a crop."""
    values = RECIPES[recipe]
    samples = numpy.asarray(image).transpose(2, 0, 1)
    if values["reversed"]:
        samples = samples[::-1]
    mean, deviation = (numpy.array(values[name], numpy.float32).reshape(3, 1, 1) for name in ("mean", "deviation"))
    # In planes first, and in place: four times as fast as the formula on whole pixels.
    pixels = numpy.ascontiguousarray(samples).astype(numpy.float32)
    pixels *= numpy.float32(values["scale"]) / deviation
    pixels -= mean / deviation
    return pixels


def table(cache, files, count, recipe):
    """A .npy file of `count` evenly drawn photos, [count, 3 · 224 · 224]."""
    count = min(count, len(files))
    drawn = [files[number * len(files) // count] for number in range(count)]
    path = pathlib.Path(cache) / "benchmark-photos" / f"{recipe}-{count}-{stamp(drawn, recipe)}.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = numpy.stack([normalized(crop(file), recipe).ravel() for file in drawn])
        part = path.with_suffix(".part.npy")
        numpy.save(part, rows)
        part.rename(path)
    return path
