"""Edits of pictures as people and programs make them, repeatable from a seed.

`TEN` are the edits that the bar is stated for; `HARDER` go further. Each takes a picture, a generator and the
path to write without its ending, and returns the path that it wrote.
"""

import random

from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps


def load(path):
    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def save_jpeg(image, path, quality=90, **more):
    image.save(path + ".jpg", quality=quality, **more)
    return path + ".jpg"


def cropped(image, share, rng):
    width, height = (max(1, round(side * share)) for side in image.size)
    left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
    return image.crop((left, top, left + width, top + height))


def written_on(image, rng):
    """One line of text, 5 to 8 % of the height, as dates and watermarks are."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    size = max(8, round(image.height * rng.uniform(0.05, 0.08)))
    text = rng.choice(["2019-07-14 18:32", "(c) someone", "holiday", "DRAFT", "IMG_4711"])
    font = ImageFont.load_default(size)
    box = draw.textbbox((0, 0), text, font=font)
    place = (
        rng.randint(0, max(0, image.width - int(box[2]) - 1)),
        rng.randint(0, max(0, image.height - int(box[3]) - 1)),
    )
    draw.text(place, text, font=font, fill=rng.choice(["white", "black", "yellow", "red"]))
    return image


def jpeg(image, rng, path):
    return save_jpeg(image, path, rng.randint(30, 95))


def half(image, rng, path):
    size = [max(1, side // 2) for side in image.size]
    return save_jpeg(image.resize(size, rng.choice([Image.BICUBIC, Image.LANCZOS, Image.BILINEAR])), path)


def crop(image, rng, path):
    return save_jpeg(cropped(image, 0.9, rng), path)


def mirror(image, rng, path):
    return save_jpeg(ImageOps.mirror(image), path)


def brightness(image, rng, path):
    factor = rng.choice([rng.uniform(0.6, 0.85), rng.uniform(1.15, 1.5)])
    return save_jpeg(ImageEnhance.Brightness(image).enhance(factor), path)


def text(image, rng, path):
    return save_jpeg(written_on(image, rng), path)


def webp(image, rng, path):
    image.save(path + ".webp", quality=rng.randint(40, 95))
    return path + ".webp"


def png(image, rng, path):
    image.save(path + ".png", compress_level=1)
    return path + ".png"


def orientation(image, rng, path):
    """Stored turned, with the EXIF tag that turns it back, and other tags changed."""
    tag, turn = rng.choice([(3, Image.ROTATE_180), (6, Image.ROTATE_90), (8, Image.ROTATE_270)])
    exif = Image.Exif()
    exif[0x0112] = tag
    exif[0x010F] = "Maker"
    exif[0x0132] = "2021:03:04 05:06:07"
    return save_jpeg(image.transpose(turn), path, 92, exif=exif.tobytes())


def avif(image, rng, path):
    image.save(path + ".avif", quality=rng.randint(40, 85), speed=9)
    return path + ".avif"


def everything(image, rng, path):
    """Cropped, written on, brighter or darker, smaller and badly compressed."""
    image = written_on(cropped(image, 0.92, rng), rng)
    image = ImageEnhance.Brightness(image).enhance(rng.choice([0.8, 1.2]))
    image = image.resize([max(1, side * 2 // 3) for side in image.size], Image.BICUBIC)
    return save_jpeg(image, path, 40)


def mirrored_crop(image, rng, path):
    return save_jpeg(ImageOps.mirror(cropped(image, 0.88, rng)), path)


def contrast(image, rng, path):
    return save_jpeg(ImageEnhance.Contrast(image).enhance(rng.choice([0.7, 1.4])), path)


def gamma(image, rng, path):
    exponent = rng.choice([0.7, 1.4])
    table = [round(255 * (value / 255) ** exponent) for value in range(256)] * 3
    return save_jpeg(image.point(table), path)


def framed(image, rng, path):
    return save_jpeg(ImageOps.expand(image, round(min(image.size) * 0.05), rng.choice(["white", "black"])), path)


def tiny(image, rng, path):
    image = image.copy()
    image.thumbnail((96, 96))
    return save_jpeg(image, path, 80)


def squashed(image, rng, path):
    return save_jpeg(image.resize((max(1, image.width * 9 // 10), image.height), Image.BICUBIC), path)


def saturation(image, rng, path):
    return save_jpeg(ImageEnhance.Color(image).enhance(rng.choice([0.6, 1.5])), path)


def turned(image, rng, path):
    """Turned without a tag, as by a program that lost it."""
    return save_jpeg(image.transpose(rng.choice([Image.ROTATE_90, Image.ROTATE_180, Image.ROTATE_270])), path)


def one_side(image, rng, path):
    """Cropped to another shape."""
    share = 0.85
    box = (0, 0, round(image.width * share), image.height)
    if rng.random() < 0.5:
        box = (0, round(image.height * (1 - share)), image.width, image.height)
    return save_jpeg(image.crop(box), path)


TEN = [jpeg, half, crop, mirror, brightness, text, webp, png, orientation, avif]
HARDER = [everything, mirrored_crop, contrast, gamma, framed, tiny, squashed, saturation, turned, one_side]


def make(paths, folder, seed, edits):
    """Writes the original and every edit of each picture.

    Returns what is in the folder: file name to (number of the picture, name of the edit).
    """
    made = {}
    for number, path in enumerate(paths):
        image = load(path)
        stem = f"{folder}/{number:05d}"
        with open(path, "rb") as source, open(stem + "-original.jpg", "wb") as target:
            target.write(source.read())
        made[stem + "-original.jpg"] = (number, "original")
        for edit in edits:
            rng = random.Random(f"{seed}/{number}/{edit.__name__}")
            made[edit(image, rng, f"{stem}-{edit.__name__}")] = (number, edit.__name__)
    return made
