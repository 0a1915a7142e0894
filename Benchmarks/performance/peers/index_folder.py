"""Features of a folder's photos, as a script of few lines would make them with PyTorch or ONNX Runtime.

Prints how many photos there were, and writes their features.
"""

import argparse
import concurrent.futures
import itertools
import json
import pathlib
import sys
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
warnings.simplefilter("ignore")

import numpy
import photos


def in_threads(files, prepare, options):
    """Batches, prepared by threads while the network runs on the batch before."""
    with concurrent.futures.ThreadPoolExecutor(options.threads) as pool:
        waiting = iter(files)
        ahead = [pool.submit(prepare, file) for file in itertools.islice(waiting, 4 * options.batch)]
        while ahead:
            batch, ahead = ahead[: options.batch], ahead[options.batch :]
            yield numpy.stack([item.result() for item in batch])
            ahead += [pool.submit(prepare, file) for file in itertools.islice(waiting, len(batch))]


def plainly(options):
    """Prepares a photo with Pillow and NumPy."""
    return lambda file: photos.normalized(photos.crop(file, options.draft), options.recipe)


class Photos:
    """PyTorch's data set."""

    def __init__(self, files, prepare):
        self.files, self.prepare = files, prepare

    def __len__(self):
        return len(self.files)

    def __getitem__(self, number):
        return self.prepare(self.files[number])


def torch_run(options):
    import torch
    import torch_models
    from PIL import Image
    from torchvision import transforms

    torch.set_num_threads(options.threads)
    values = photos.RECIPES["torchvision"]
    transform = transforms.Compose([
        transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(),
        transforms.Normalize(values["mean"], values["deviation"]),
    ])

    def prepare(file):
        with Image.open(file) as image:
            if options.draft:
                image.draft("RGB", (256, 256))
            return transform(image.convert("RGB"))

    network = torch_models.runner(options.model, options.form, 224)

    def batches(files):
        if options.feeding == "threads":
            # Tensors' arithmetic in a pool's threads would start threads of its own for each of them.
            return in_threads(files, plainly(options), options)
        return torch.utils.data.DataLoader(
            Photos(files, prepare), batch_size=options.batch, num_workers=options.threads)

    return network, batches


def onnx_run(options):
    import onnx_session

    session, orient = onnx_session.session(options.model, options.threads, options.spinning)
    name = session.get_inputs()[0].name

    return (
        lambda batch: session.run(None, {name: orient(batch)})[0],
        lambda files: in_threads(files, plainly(options), options),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("output")
    parser.add_argument("--engine", choices=("torch", "onnx"), required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--recipe", default="torchvision")
    parser.add_argument("--form", default="eager")
    parser.add_argument("--feeding", choices=("threads", "loader"), default="threads")
    parser.add_argument("--draft", action="store_true")
    parser.add_argument("--spinning", action="store_true")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--batch", type=int, default=16)
    options = parser.parse_args()
    run, batches = (torch_run if options.engine == "torch" else onnx_run)(options)
    features = [numpy.asarray(run(batch)) for batch in batches(photos.found(options.folder))]
    rows = numpy.concatenate(features)
    numpy.save(options.output, rows.reshape(len(rows), -1))
    print(json.dumps({"images": len(rows)}))


main()
