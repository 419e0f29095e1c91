"""Makes checkpoints, descriptions and golden outputs: python3 make_golden.py --out DIR [--full] [--only NAME]"""

import argparse
import json
import pathlib
import zlib

import numpy
import torch

import clouds
import containers
from cases import CASES, FULL
from networks import build
from weights import randomize


def run(network, inputs):
    """The scores, as a contiguous array."""
    with torch.no_grad():
        return numpy.ascontiguousarray(network(*map(torch.from_numpy, inputs)).numpy())


def draw(case, random, batch):
    """Float32 inputs by name: points [batch, points, channels] and, for parts, one-hot category [batch, categories]."""
    objects = case["family"].startswith(("pointnet2_part", "pointnet2_cls"))
    arrays = dict(points=clouds.batch(clouds.shape if objects else clouds.room, random, batch, case["points"], case["channels"], 0.25))
    if "categories" in case:
        arrays["category"] = numpy.eye(case["categories"], dtype=numpy.float32)[random.randint(0, case["categories"], batch)]
    return arrays


def make(case, folder):
    """Writes NAME.json, NAME.npz and the checkpoint that the description names; returns the scores."""
    random = numpy.random.RandomState(zlib.crc32(case["name"].encode()))
    network = build(case)
    randomize(network, random, *map(torch.from_numpy, draw(case, random, max(2, 2048 // case["points"])).values()))
    if case["container"].endswith("half"):
        network.load_state_dict({name: value.float() for name, value in containers.halved(network.state_dict()).items()})

    suffix = ".safetensors" if case["container"].startswith("safetensors") else ".pth"
    description = {key: value for key, value in case.items() if key not in ("points", "batch")}
    description.update(checkpoint=case["name"] + suffix, golden=case["name"] + ".npz")
    containers.save(case["container"], network, folder / description["checkpoint"])
    inputs = draw(case, random, case["batch"])
    scores = run(network, inputs.values())
    numpy.savez_compressed(folder / description["golden"], **inputs, scores=scores)
    (folder / (case["name"] + ".json")).write_text(json.dumps(description) + "\n")
    return scores


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the folder to write to")
    parser.add_argument("--only", help="one case by name")
    parser.add_argument("--full", action="store_true", help="networks of published width for S3DIS, in place of the small ones")
    options = parser.parse_args()
    torch.set_num_threads(2 if options.full else 1)  # small networks gain nothing, and other tests run beside this
    options.out.mkdir(parents=True, exist_ok=True)
    for case in FULL if options.full else CASES:
        if options.only in (None, case["name"]):
            scores = make(case, options.out)
            labels = numpy.unique(scores.argmax(-1), return_counts=True)[1]
            print(f"{case['name']}: scores {list(scores.shape)}, {scores.min():.2f} to {scores.max():.2f}, labels {sorted(labels)[::-1]}")


if __name__ == "__main__":
    main()
