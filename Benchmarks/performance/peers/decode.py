"""Decodes pictures as a worker: decode.py pillow|pillow-draft|torchvision FOLDER

`run COUNT` decodes so many to normalised crops, on one processor, and gives the seconds of one.
"""

import io
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import lines
import photos


def pillow(draft):
    return lambda data: photos.normalized(photos.crop(io.BytesIO(data), draft), "torchvision")


def torchvision():
    import numpy
    import torch
    from torchvision.io import ImageReadMode, decode_jpeg
    from torchvision.transforms.v2 import functional

    torch.set_num_threads(1)
    values = photos.RECIPES["torchvision"]

    def prepare(data):
        image = decode_jpeg(torch.from_numpy(numpy.frombuffer(data, numpy.uint8).copy()), ImageReadMode.RGB)
        image = functional.center_crop(functional.resize(image, [256], antialias=True), [224, 224])
        return functional.normalize(functional.to_dtype(image, torch.float32, scale=True), values["mean"], values["deviation"])

    return prepare


def main():
    mode, folder = sys.argv[1:]
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    prepare = torchvision() if mode == "torchvision" else pillow(mode.endswith("draft"))
    data = [path.read_bytes() for path in photos.found(folder)]
    lines.answer(pictures=len(data))
    following = 0
    for line in sys.stdin:
        count = int(line.split()[1])
        start = time.perf_counter()
        for number in range(count):
            prepare(data[(following + number) % len(data)])
        lines.answer(seconds=(time.perf_counter() - start) / count)
        following += count


main()
