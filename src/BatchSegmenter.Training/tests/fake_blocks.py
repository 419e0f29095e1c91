"""A stand-in for `batchsegmenter model blocks`: made-up hills, trees and roofs, with neighbourhoods by brute force.

    python3 -m tests.fake_blocks --points 4096 --blocks 16 --epochs 3 | python3 -m batchsegmenter_training fit ...
"""

import argparse
import json
import sys

import numpy as np

from batchsegmenter_training.stream import write_frame

LARGE = {
    "type": "pointnet2", "features": 12, "classes": 3, "dropout": 0.5, "head": [128],
    "levels": [
        {"ratio": 0.25, "relativeByRadius": True, "scales": [{"radius": radius, "neighbors": 32, "widths": widths}]}
        for radius, widths in [(2.5, [32, 32, 64]), (5, [64, 64, 128]), (10, [128, 128, 256]), (20, [256, 256, 512])]],
    "propagation": [{"widths": widths, "skip": True} for widths in ([256, 256], [256, 256], [256, 128], [128, 128])],
}
SMALL = {
    "type": "pointnet2", "features": 4, "classes": 3, "dropout": 0.2, "head": [16],
    "levels": [
        {"ratio": 0.25, "relativeByRadius": True, "scales": [
            {"radius": 3.0, "neighbors": 8, "widths": [8, 12]}, {"radius": 6.0, "neighbors": 12, "widths": [8, 16]}]},
        {"ratio": 0.3, "relativeByRadius": False, "scales": [{"radius": 12.0, "neighbors": 8, "widths": [16, 24]}]}],
    "propagation": [{"widths": [24], "skip": True}, {"widths": [16, 16], "skip": False}],
}


def make_block(architecture, points, random):
    """The tensors of one block; height above the hill tells the classes apart (ground, tree, roof)."""
    edge = np.sqrt(points)
    plan = (random.random((points, 2)) - 0.5) * edge
    hill = 2 * np.sin(plan[:, 0] / 9 + random.random() * 6)
    kind = (np.sin(plan[:, 0] / 5) + np.sin(plan[:, 1] / 4) > 0.6) * (1 + (plan[:, 0] > 0))
    height = np.where(kind == 1, random.random(points) * 8, np.where(kind == 2, 5 + 0.1 * random.random(points), 0.0))
    positions = np.column_stack([plan, hill + height]).astype(np.float32)
    features = random.standard_normal((points, architecture["features"])).astype(np.float32)
    features[:, 0] = height / 4
    tensors = {"positions": positions, "features": features}
    level_points = positions
    for number, level in enumerate(architecture["levels"], 1):
        count = max(1, int(np.ceil(len(level_points) * level["ratio"])))
        samples = farthest(level_points, count)
        centres = level_points[samples]
        distances = ((centres[:, None] - level_points[None]) ** 2).sum(2)
        tensors[f"samples_{number}"] = samples
        for scale, entry in enumerate(level["scales"]):
            tensors[f"neighbors_{number}_{scale}"] = ball(distances, entry["radius"], entry["neighbors"])
        nearest = np.argsort(distances.T, 1, kind="stable")[:, :3]
        if nearest.shape[1] < 3:
            nearest = np.pad(nearest, ((0, 0), (0, 3 - nearest.shape[1])), mode="edge")
        weights = 1 / (np.take_along_axis(distances.T, nearest, 1) + 1e-8)
        tensors[f"nearest_{number}"] = nearest.astype(np.int32)
        tensors[f"weights_{number}"] = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
        level_points = centres
    targets = kind.astype(np.int32)
    targets[random.random(points) < 0.1] = -1
    tensors["targets"] = targets
    return tensors


def farthest(points, count):
    """Farthest point samples from point 0."""
    chosen, nearest, last = np.zeros(count, np.int32), np.full(len(points), np.inf), 0
    for index in range(count):
        chosen[index] = last
        nearest = np.minimum(nearest, ((points - points[last]) ** 2).sum(1))
        last = int(nearest.argmax())
    return chosen


def ball(distances, radius, count):
    """The first `count` indices within the radius per row, padded with the first."""
    inside = distances <= radius * radius
    rank = np.where(inside, np.arange(distances.shape[1]), distances.shape[1])
    rank.sort(1)
    rank = rank[:, :count]
    rank = np.where(rank == distances.shape[1], rank[:, :1], rank)
    if rank.shape[1] < count:
        rank = np.concatenate([rank, np.repeat(rank[:, :1], count - rank.shape[1], 1)], 1)
    return rank.astype(np.int32)


def write_stream(file, architecture, points, blocks, epochs, seed=0, validation=2, distinct=None):
    """Header, golden blocks, validation blocks and epochs; `distinct` blocks are repeated where making them takes too long."""
    random = np.random.default_rng(seed)
    write_frame(file, {
        "kind": "header", "bundle": json.dumps({"classes": ["ground", "vegetation", "building"]}),
        "architecture": json.dumps(architecture), "seed": str(seed), "train": '["a.laz"]', "validation": '["v0.laz", "v1.laz"]'})

    def send(split, count, epoch, made=None):
        for index in range(count):
            tensors = made[index % len(made)] if made else make_block(architecture, points, random)
            write_frame(file, {
                "kind": "block", "split": split, "epoch": str(epoch), "file": f"{split[0]}{index % 2}.laz"}, tensors)
        write_frame(file, {"kind": "end", "split": split, "epoch": str(epoch)})

    send("golden", 2, 0)
    send("validation", validation, 0)
    made = [make_block(architecture, points, random) for _ in range(distinct)] if distinct else None
    for epoch in range(epochs):
        send("train", blocks, epoch, made)
    file.flush()


def main():
    """Writes the stream to standard output; a broken pipe is the trainer's way to say that it has had enough."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--small", action="store_true")
    for name, default in (("points", 4096), ("blocks", 16), ("epochs", 3), ("seed", 0), ("validation", 2), ("distinct", 0)):
        options.add_argument(f"--{name}", type=int, default=default)
    arguments = vars(options.parse_args())
    architecture = SMALL if arguments.pop("small") else LARGE
    try:
        write_stream(sys.stdout.buffer, architecture, **arguments)
    except BrokenPipeError:
        sys.stderr.close()


if __name__ == "__main__":
    main()
