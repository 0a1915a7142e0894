#!/usr/bin/env python3
"""Writes the picture files of this folder and what they should decode to.

Needs Pillow, pillow-heif and numpy, and, from Debian's libjpeg-turbo-progs, libheif-examples and webp, the tools
`cjpeg`, `jpegtran` and `heif-enc` on the path. Every picture is drawn here from arithmetic.

For a file NAME there is NAME.rgb, the upright RGB samples, and an entry of manifest.json:
  format, width, height   as Kindred should report them
  mean, maximum           levels by which decoded samples may differ from NAME.rgb (other library versions)
  captureDate, camera     where the file has them
"""

import io
import json
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image, ImageOps

pillow_heif.register_heif_opener()
FOLDER = Path(__file__).resolve().parent
WIDTH, HEIGHT = 40, 29
MANIFEST = {}
DATE, MAKE, MODEL = "2021:03:04 05:06:07", "Kindred", "Kindred K1"
FACTS = {"captureDate": "2021-03-04T05:06:07", "camera": "Kindred K1"}


def scene(width=WIDTH, height=HEIGHT):
    """A lopsided picture: gradients, a disc, a bar and a dark corner, so that no turn of it looks like another."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    u, v = x / max(1, width - 1), y / max(1, height - 1)
    rgb = np.stack([40 + 180 * u, 60 + 150 * v, 200 - 120 * u * v], axis=-1)
    disc = (u - 0.3) ** 2 * (width / height) ** 2 + (v - 0.35) ** 2 < 0.05
    rgb[disc] = (230, 70, 40)
    rgb[(u > 0.7) & (v < 0.6)] *= (0.4, 1.1, 0.5)
    rgb[(u < 0.25) & (v > 0.75)] = (15, 20, 30)
    return np.clip(np.round(rgb), 0, 255).astype(np.uint8)


def soft_scene(width=WIDTH, height=HEIGHT):
    """A lopsided picture without edges in its colours: decoders differ in how they enlarge chroma planes."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    u, v = x / max(1, width - 1), y / max(1, height - 1)
    rgb = np.stack([40 + 190 * u, 60 + 150 * v, 210 - 140 * u * v], axis=-1)
    rgb[(u < 0.25) & (v > 0.75)] *= 0.6
    return np.clip(np.round(rgb), 0, 255).astype(np.uint8)


def alpha_plane(width=WIDTH, height=HEIGHT):
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    plane = np.round(255 * (x + 2 * y) / (width + 2 * height)).astype(np.uint8)
    plane[:5, :7] = 0
    plane[-6:, -9:] = 255
    return plane


def over_white(rgba):
    """Straight alpha over white, rounded to nearest."""
    colour, alpha = rgba[..., :3].astype(np.int64), rgba[..., 3:].astype(np.int64)
    return ((colour * alpha + 255 * (255 - alpha)) * 2 + 255) // 510


def exif_block(orientation, byte_order="<"):
    """A TIFF structure with orientation, make, model and dates."""
    def entry(tag, kind, count, value):
        return struct.pack(byte_order + "HHI", tag, kind, count) + value

    def short(value):
        return struct.pack(byte_order + "HH", value, 0)

    texts = [MAKE.encode() + b"\0", MODEL.encode() + b"\0", b"2001:01:01 01:01:01\0", DATE.encode() + b"\0"]
    main_size, detail_size = 2 + 5 * 12 + 4, 2 + 12 + 4
    text_start = 8 + main_size + detail_size
    offsets = [text_start + sum(len(t) for t in texts[:i]) for i in range(len(texts))]
    long = lambda value: struct.pack(byte_order + "I", value)
    main = [
        entry(0x010F, 2, len(texts[0]), long(offsets[0])),
        entry(0x0110, 2, len(texts[1]), long(offsets[1])),
        entry(0x0112, 3, 1, short(orientation)),
        entry(0x0132, 2, len(texts[2]), long(offsets[2])),
        entry(0x8769, 4, 1, long(8 + main_size)),
    ]
    detail = [entry(0x9003, 2, len(texts[3]), long(offsets[3]))]
    magic = (b"II" if byte_order == "<" else b"MM") + struct.pack(byte_order + "HI", 42, 8)
    count = lambda n: struct.pack(byte_order + "H", n)
    return magic + count(5) + b"".join(main) + long(0) + count(1) + b"".join(detail) + long(0) + b"".join(texts)


def keep(name, data, expected, kind, mean=0.0, maximum=0, **facts):
    expected = np.asarray(expected).astype(np.uint8)
    (FOLDER / name).write_bytes(data)
    (FOLDER / (name + ".rgb")).write_bytes(np.ascontiguousarray(expected).tobytes())
    MANIFEST[name] = {
        "format": kind, "width": expected.shape[1], "height": expected.shape[0], "mean": mean, "maximum": maximum,
        **facts,
    }


def pillow(data):
    """What Pillow makes of a file, upright, over white."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        return over_white(np.asarray(image.convert("RGBA")))
    return np.asarray(image.convert("RGB"))


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def run(*command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def turned(rgb, orientation):
    """Stored samples made upright."""
    rgb = np.swapaxes(rgb, 0, 1) if orientation >= 5 else rgb
    across = orientation in (2, 3, 6, 7)
    down = orientation in (3, 4, 7, 8)
    return rgb[:: -1 if down else 1, :: -1 if across else 1]


def make_jpeg():
    image = Image.fromarray(scene())
    variants = {
        "baseline-420": dict(subsampling=2), "baseline-422": dict(subsampling=1), "baseline-444": dict(subsampling=0),
        "progressive": dict(progressive=True), "restart": dict(restart_marker_blocks=2),
    }
    for name, options in variants.items():
        data = encoded(image, "JPEG", quality=88, **options)
        keep(f"{name}.jpg", data, pillow(data), "jpeg")
    data = encoded(image.convert("L"), "JPEG", quality=88)
    keep("grey.jpg", data, pillow(data), "jpeg")
    progressive_grey = encoded(image.convert("L"), "JPEG", quality=88, progressive=True)
    keep("grey-progressive.jpg", progressive_grey, pillow(progressive_grey), "jpeg")

    ppm = b"P6 %d %d 255\n" % (WIDTH, HEIGHT) + scene().tobytes()
    arithmetic = run("cjpeg", "-quality", "88", "-arithmetic", data=ppm)
    plain = run("cjpeg", "-quality", "88", data=ppm)
    keep("arithmetic.jpg", arithmetic, pillow(plain), "jpeg")
    tall_chroma = run("cjpeg", "-quality", "88", "-sample", "1x2", data=ppm)
    keep("baseline-440.jpg", tall_chroma, pillow(tall_chroma), "jpeg")
    rgb = run("cjpeg", "-quality", "88", "-rgb", data=ppm)
    keep("rgb.jpg", rgb, pillow(rgb), "jpeg")

    ink = 255 - scene()
    black = ink.min(axis=-1) // 2
    cmyk = np.dstack([ink - black[..., None] // 2, black])
    data = encoded(Image.fromarray(cmyk, "CMYK"), "JPEG", quality=92, subsampling=0)
    keep("cmyk.jpg", data, pillow(data), "jpeg")
    # YCCK: the luma and chroma of the colour that is left, with Adobe's transform 2. Pillow stores 255 - samples.
    ycc = np.asarray(Image.fromarray(255 - cmyk[..., :3]).convert("YCbCr"))
    planes = np.dstack([255 - ycc, cmyk[..., 3]])
    data = bytearray(encoded(Image.fromarray(planes, "CMYK"), "JPEG", quality=92, subsampling=0))
    adobe = data.index(b"Adobe")
    assert data[adobe + 11] == 0
    data[adobe + 11] = 2
    keep("ycck.jpg", bytes(data), pillow(bytes(data)), "jpeg")

    for orientation in range(1, 9):
        order = "<>"[orientation % 2]
        data = encoded(image, "JPEG", quality=88, exif=b"Exif\0\0" + exif_block(orientation, order))
        keep(f"orientation-{orientation}.jpg", data, pillow(data), "jpeg", **FACTS)

    base = encoded(image, "JPEG", quality=88)
    keep("stray-bytes.jpg", base[:-2] + b"\x12\x34\x56" + base[-2:], pillow(base), "jpeg")
    keep("trailing-data.jpg", base + b"MotionPhoto_Data" + bytes(range(256)) * 4, pillow(base), "jpeg")
    keep("no-end-marker.jpg", base[:-2], pillow(base), "jpeg")


def make_regions():
    """JPEGs of many units, of which tests decode parts; the whole is what the parts are compared with."""
    width, height = 203, 149
    grain = np.random.default_rng(7).integers(-20, 21, (height, width, 3))
    image = Image.fromarray(np.clip(scene(width, height) + grain, 0, 255).astype(np.uint8))
    ppm = b"P6 %d %d 255\n" % (width, height) + image.tobytes()
    for name, sampling in (("420", "2x2"), ("422", "2x1"), ("444", "1x1"), ("440", "1x2"), ("411", "4x1")):
        for ending, options in (("", ("-restart", "1")), ("-progressive", ("-progressive",))):
            data = run("cjpeg", "-quality", "70", "-sample", sampling, *options, data=ppm)
            (FOLDER / f"region-{name}{ending}.jpg").write_bytes(data)
    (FOLDER / "region-grey.jpg").write_bytes(encoded(image.convert("L"), "JPEG", quality=70))
    (FOLDER / "region-cmyk.jpg").write_bytes(encoded(image.convert("CMYK"), "JPEG", quality=60))
    for orientation in range(2, 9):
        data = encoded(image, "JPEG", quality=50, exif=b"Exif\0\0" + exif_block(orientation, "<"))
        (FOLDER / f"region-orientation-{orientation}.jpg").write_bytes(data)


def png_bytes(samples, depth, colour_type, interlaced=False, chunks=()):
    """A PNG of unfiltered scanlines from samples [height, width, channels]."""
    height, width, _ = samples.shape

    def pack(part):
        lines = b""
        for line in part.reshape(part.shape[0], -1):
            if depth == 16:
                lines += b"\0" + line.astype(">u2").tobytes()
            elif depth == 8:
                lines += b"\0" + line.astype(np.uint8).tobytes()
            else:
                bits = (line[:, None].astype(np.uint8) >> np.arange(depth - 1, -1, -1, dtype=np.uint8)) & 1
                lines += b"\0" + np.packbits(bits.ravel()).tobytes()
        return lines

    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    body = b"".join(pack(samples[y::dy, x::dx]) for x, y, dx, dy in passes if samples[y::dy, x::dx].size)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, int(interlaced))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunk(k, d) for k, d in chunks)
        + chunk(b"IDAT", zlib.compress(body, 9)) + chunk(b"IEND", b"")
    )


def make_png():
    width, height = 21, 13
    colour = scene(width, height).astype(np.uint32)
    wide = colour * 256 + np.arange(width)[None, :, None] * 7 % 256
    alpha = alpha_plane(width, height).astype(np.uint32)[..., None]
    grey = colour[..., :1]
    trebled = lambda plane: np.repeat(plane, 3, axis=-1)
    for interlaced in (False, True):
        suffix = "-interlaced" if interlaced else ""

        def add(name, samples, depth, colour_type, expected, chunks=()):
            data = png_bytes(samples, depth, colour_type, interlaced, chunks)
            Image.open(io.BytesIO(data)).load()
            keep(f"{name}{suffix}.png", data, expected, "png")

        for depth in (1, 2, 4, 8, 16):
            values = grey >> (8 - depth) if depth < 16 else grey * 256 + 99
            shown = values * 255 // (2**depth - 1) if depth < 16 else values >> 8
            add(f"grey-{depth}", values, depth, 0, trebled(shown))
        for depth in (1, 2, 4, 8):
            count = 2**depth
            palette = np.array([[(i * 83 + 40) % 256, (i * 29 + 9) % 256, 255 - i * 255 // count] for i in range(count)])
            index = grey >> (8 - depth)
            table = palette.astype(np.uint8).tobytes()
            add(f"palette-{depth}", index, depth, 3, palette[index[..., 0]], [(b"PLTE", table)])
        opacity = np.arange(16) * 17
        rgba = np.dstack([palette[:16][grey[..., 0] >> 4], opacity[grey[..., 0] >> 4]])
        add("palette-alpha", grey >> 4, 4, 3, over_white(rgba),
            [(b"PLTE", palette[:16].astype(np.uint8).tobytes()), (b"tRNS", opacity.astype(np.uint8).tobytes())])
        add("rgb-8", colour, 8, 2, colour)
        add("rgb-16", wide, 16, 2, wide >> 8)
        add("grey-alpha-8", np.dstack([grey, alpha]), 8, 4, over_white(np.dstack([trebled(grey), alpha])))
        add("grey-alpha-16", np.dstack([grey, alpha]) * 256 + 77, 16, 4, over_white(np.dstack([trebled(grey), alpha])))
        add("rgba-8", np.dstack([colour, alpha]), 8, 6, over_white(np.dstack([colour, alpha])))
        add("rgba-16", np.dstack([colour, alpha]) * 256 + 200, 16, 6, over_white(np.dstack([colour, alpha])))
        key = int(grey[height // 2, 2, 0])
        clear = np.where(grey == key, 0, 255)
        add("grey-key", grey, 8, 0, over_white(np.dstack([trebled(grey), clear])), [(b"tRNS", struct.pack(">H", key))])
        first = colour[0, 0]
        clear = np.where((colour == first).all(axis=-1, keepdims=True), 0, 255)
        add("rgb-key", colour, 8, 2, over_white(np.dstack([colour, clear])), [(b"tRNS", struct.pack(">HHH", *first))])
    for orientation in (3, 6, 8):
        data = png_bytes(colour, 8, 2, orientation == 8, [(b"eXIf", exif_block(orientation))])
        turns = {3: 2, 6: -1, 8: 1}[orientation]
        keep(f"orientation-{orientation}.png", data, np.rot90(colour, turns), "png", **FACTS)
    filtered = encoded(Image.fromarray(scene()), "PNG", optimize=True)
    keep("filtered.png", filtered, scene(), "png")
    for w, h in ((1, 1), (1, 5), (7, 1), (2, 3)):
        small = scene(w, h)
        keep(f"tiny-{w}x{h}.png", png_bytes(small, 8, 2, True), small, "png")
    long = scene(1, 5000)
    keep("long-1x5000.png", encoded(Image.fromarray(long), "PNG", optimize=True), long, "png")


def riff(*chunks):
    body = b"WEBP" + b"".join(k + struct.pack("<I", len(d)) + d + b"\0" * (len(d) % 2) for k, d in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def make_webp():
    image = Image.fromarray(scene())
    rgba = Image.fromarray(np.dstack([scene(), alpha_plane()]))
    for name, source, options in (
        ("lossy", image, dict(quality=80)), ("lossless", image, dict(lossless=True)),
        ("lossy-alpha", rgba, dict(quality=80)), ("lossless-alpha", rgba, dict(lossless=True, exact=True)),
    ):
        data = encoded(source, "WEBP", **options)
        keep(f"{name}.webp", data, pillow(data), "webp")
    for orientation in range(1, 9):
        data = encoded(image, "WEBP", lossless=True, exif=exif_block(orientation))
        keep(f"orientation-{orientation}.webp", data, pillow(data), "webp", **FACTS)
    frames = [rgba, rgba.transpose(Image.Transpose.ROTATE_180)]
    data = encoded(frames[0], "WEBP", lossless=True, exact=True, save_all=True, append_images=frames[1:], duration=100)
    keep("animation.webp", data, over_white(np.asarray(frames[0])), "webp")
    # A first frame that covers a part of its canvas.
    small = np.dstack([scene(12, 9), alpha_plane(12, 9)])
    still = encoded(Image.fromarray(small), "WEBP", lossless=True, exact=True)
    frame = still[still.index(b"VP8L"):]
    u24 = lambda value: struct.pack("<I", value)[:3]
    header = bytes([0x12, 0, 0, 0]) + u24(WIDTH - 1) + u24(HEIGHT - 1)
    place = u24(10 // 2) + u24(6 // 2) + u24(12 - 1) + u24(9 - 1) + u24(100) + b"\0"
    data = riff((b"VP8X", header), (b"ANIM", bytes([255, 0, 0, 255, 0, 0])), (b"ANMF", place + frame))
    expected = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    expected[6:15, 10:22] = over_white(small)
    keep("animation-offset.webp", data, expected, "webp")


def boxes(data, start=0, end=None):
    """The (kind, start, end) of the ISO boxes in a stretch of a file."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack(">I4s", data[start:start + 8])
        yield kind, start + 8, start + size
        start += size


def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def hevc_parts(file):
    """The decoder configuration box and the coded picture of a HEIC file of one item."""
    meta = next((s, e) for k, s, e in boxes(file) if k == b"meta")
    inner = {k: (s, e) for k, s, e in boxes(file, meta[0] + 4, meta[1])}
    properties = next((s, e) for k, s, e in boxes(file, *inner[b"iprp"]) if k == b"ipco")
    configuration = next(file[s - 8:e] for k, s, e in boxes(file, *properties) if k == b"hvcC")
    picture = next(file[s:e] for k, s, e in boxes(file) if k == b"mdat")
    return configuration, picture


def make_grid(tiles, columns, rows, tile, width, height, quarter_turns=None):
    """A HEIC file as phones write them: a grid of equal tiles, cut to the picture's size and turned."""
    parts = [hevc_parts(data) for data in tiles]
    assert len({configuration for configuration, _ in parts}) == 1
    grid_id = len(tiles) + 1
    full = lambda version, flags: struct.pack(">I", version << 24 | flags)
    grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
    infe = lambda i, kind, flags: box(b"infe", full(2, flags), struct.pack(">HH4s", i, 0, kind), b"\0")
    entries = b"".join(infe(i + 1, b"hvc1", 1) for i in range(len(tiles))) + infe(grid_id, b"grid", 0)
    references = struct.pack(">HH", grid_id, len(tiles)) + b"".join(struct.pack(">H", i + 1) for i in range(len(tiles)))
    ispe = lambda w, h: box(b"ispe", full(0, 0), struct.pack(">II", w, h))
    links = b"".join(struct.pack(">HBBB", i + 1, 2, 0x80 | 1, 2) for i in range(len(tiles)))
    turn = b"" if quarter_turns is None else box(b"irot", bytes([quarter_turns]))
    links += struct.pack(">HB", grid_id, 1 + bool(turn)) + bytes([3, 0x84] if turn else [3])
    ftyp = box(b"ftyp", b"mif1", struct.pack(">I", 0), b"mif1heic")

    def meta(base):
        locations, offset = b"", base
        for index, data in enumerate([picture for _, picture in parts] + [grid]):
            locations += struct.pack(">HHHII", index + 1, 0, 1, offset, len(data))
            offset += len(data)
        return box(
            b"meta", full(0, 0),
            box(b"hdlr", full(0, 0), struct.pack(">I4s", 0, b"pict"), bytes(13)),
            box(b"pitm", full(0, 0), struct.pack(">H", grid_id)),
            box(b"iinf", full(0, 0), struct.pack(">H", len(tiles) + 1), entries),
            box(b"iref", full(0, 0), box(b"dimg", references)),
            box(b"iprp", box(b"ipco", parts[0][0], ispe(tile, tile), ispe(width, height), turn),
                box(b"ipma", full(0, 0), struct.pack(">I", len(tiles) + 1), links)),
            box(b"iloc", full(0, 0), struct.pack(">BBH", 0x44, 0, len(tiles) + 1), locations))

    base = len(ftyp) + len(meta(0)) + 8
    return ftyp + meta(base) + box(b"mdat", *[picture for _, picture in parts], grid)


def make_heif():
    image = Image.fromarray(soft_scene())
    rgba = Image.fromarray(np.dstack([soft_scene(), alpha_plane()]))
    near = dict(mean=0.1, maximum=1)
    # AVIF: libheif repeats chroma samples where libavif, in Pillow, interpolates them.
    near_avif = dict(mean=0.2, maximum=1)
    repeated_chroma = dict(mean=2.0, maximum=12)
    for name, source, options in (
        ("plain", image, dict(quality=90)), ("full-chroma", image, dict(quality=90, chroma=444)),
        ("alpha", rgba, dict(quality=90)), ("grey", image.convert("L"), dict(quality=90)),
    ):
        data = encoded(source, "HEIF", **options)
        keep(f"{name}.heic", data, pillow(data), "heic", **near)
    for orientation in range(2, 9):
        data = encoded(image, "HEIF", quality=90, exif=exif_block(orientation))
        # Recent libheif shifts chroma as it mirrors odd sides, so the turn is made here.
        expected = turned(pillow(encoded(image, "HEIF", quality=90)), orientation)
        assert pillow(data).shape == expected.shape and abs(pillow(data).astype(int) - expected).mean() < 4
        keep(f"orientation-{orientation}.heic", data, expected, "heic", **near, **FACTS)
    wide = soft_scene().astype(np.uint16) * 257
    ten = pillow_heif.from_bytes("RGB;16", (WIDTH, HEIGHT), wide.tobytes())
    stream = io.BytesIO()
    ten.save(stream, quality=90, bit_depth=10)
    keep("ten-bit.heic", stream.getvalue(), pillow(stream.getvalue()), "heic", mean=0.6, maximum=2)

    big = soft_scene(150, 100)
    padded = np.pad(big, ((0, 28), (0, 42), (0, 0)), mode="edge")
    tiles = [
        encoded(Image.fromarray(padded[y:y + 64, x:x + 64]), "HEIF", quality=80)
        for y in (0, 64) for x in (0, 64, 128)
    ]
    data = make_grid(tiles, 3, 2, 64, 150, 100)
    keep("grid.heic", data, pillow(data), "heic", **near)
    small = np.pad(soft_scene(70, 50), ((0, 14), (0, 58), (0, 0)), mode="edge")
    tiles = [encoded(Image.fromarray(small[:, x:x + 64]), "HEIF", quality=80) for x in (0, 64)]
    data = make_grid(tiles, 2, 1, 64, 70, 50, 3)
    keep("grid-turned.heic", data, pillow(data), "heic", **near)

    for name, source, options in (
        ("plain", image, dict(quality=85)), ("full-chroma", image, dict(quality=85, subsampling="4:4:4")),
        ("alpha", rgba, dict(quality=85)), ("lossless", image, dict(quality=100, subsampling="4:4:4")),
    ):
        data = encoded(source, "AVIF", **options)
        keep(f"{name}.avif", data, pillow(data), "avif", **(near_avif if "subsampling" in options else repeated_chroma))
    data = encoded(image, "AVIF", quality=85, save_all=True, append_images=[image.rotate(180)], duration=100)
    keep("animation.avif", data, pillow(data), "avif", **repeated_chroma)
    for orientation in range(2, 9):
        data = encoded(image, "AVIF", quality=85, exif=exif_block(orientation))
        keep(f"orientation-{orientation}.avif", data, pillow(data), "avif", **repeated_chroma, **FACTS)


def make_resampling():
    """Checksums of what Pillow's bilinear resize, and torchvision's recipe on top of it, make of two fixtures.

    Recent versions of Pillow filter columns first for some shapes, which rounds differently by a level here and there.
    The order of the older ones, rows first, is asked for in two steps.
    """
    bilinear = Image.Resampling.BILINEAR
    cases = []
    for name, source in (("filtered.png", scene()), ("long-1x5000.png", scene(1, 5000))):
        image = Image.fromarray(source)
        for width, height in ((1, 1), (3, 200), (17, 29), (40, 11), (64, 64), (255, 4)):
            result = image.resize((width, image.height), bilinear).resize((width, height), bilinear)
            cases.append({"source": name, "width": width, "height": height, "crc32": zlib.crc32(result.tobytes())})
        for shorter, crop in ((9, 8), (20, 15), (32, 7), (33, 32)):
            w, h = image.size
            size = (shorter, int(shorter * h / w)) if w <= h else (int(shorter * w / h), shorter)
            left, top = (int(round((side - crop) / 2.0)) for side in size)
            result = image.resize((size[0], h), bilinear).resize(size, bilinear).crop((left, top, left + crop, top + crop))
            cases.append({"source": name, "shorterSide": shorter, "crop": crop, "crc32": zlib.crc32(result.tobytes())})
    (FOLDER / "resampling.json").write_text(json.dumps(cases, indent=1) + "\n")


for old in FOLDER.iterdir():
    if old.suffix in {".jpg", ".png", ".webp", ".heic", ".avif", ".rgb"}:
        old.unlink()
make_jpeg()
make_regions()
make_png()
make_webp()
make_heif()
make_resampling()
(FOLDER / "manifest.json").write_text(json.dumps(MANIFEST, indent=1, sort_keys=True) + "\n")
print(len(MANIFEST), "files,", sum(f.stat().st_size for f in FOLDER.iterdir()) // 1024, "KiB")
