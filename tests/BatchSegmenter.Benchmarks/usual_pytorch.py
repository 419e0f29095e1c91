"""
The S3DIS-shaped network of the reference with sampling and grouping as PyTorch code usually has them, timed:
usual_pytorch.py CHECKPOINT DESCRIPTION BLOCKS.npz THREADS SECONDS. Prints a JSON object.
"""

import json
import pathlib
import resource
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "BatchSegmenter.Onnx.Tests" / "reference"))

import numpy
import torch

import neighbourhoods
from networks import build


def squared_distances(queries, points):
    """a^2 + b^2 - 2ab, which is one product of matrices: it loses digits, but is how such code is fast."""
    return (queries ** 2).sum(-1).unsqueeze(-1) + (points ** 2).sum(-1).unsqueeze(-2) - 2 * queries @ points.transpose(1, 2)


def farthest_points(points, count):
    """One turn of a Python loop for every sample. Begins at index 0, as the kernels compared with do; the usual code at a random one."""
    nearest = torch.full(points.shape[:2], 1e10)
    chosen = torch.zeros(len(points), count, dtype=torch.long)
    rows = torch.arange(len(points))
    last = chosen[:, 0]
    for i in range(count):
        chosen[:, i] = last
        distances = ((points - points[rows, last].unsqueeze(1)) ** 2).sum(-1)
        closer = distances < nearest
        nearest[closer] = distances[closer]
        last = nearest.max(-1).indices
    return chosen


def ball(points, centres, squared_radius, count, inclusive):
    """Every point's index, those outside put behind all others, sorted."""
    indices = torch.arange(points.shape[1]).repeat(len(points), centres.shape[1], 1)
    indices[squared_distances(centres, points) > squared_radius] = points.shape[1]
    indices = indices.sort(-1).values[..., :count]
    first = indices[..., :1].expand_as(indices)
    outside = indices == points.shape[1]
    indices[outside] = first[outside]
    return indices


def gather(values, indices):
    rows = torch.arange(len(values)).reshape(-1, *[1] * (indices.dim() - 1)).expand_as(indices)
    return values[rows, indices]


def main():
    checkpoint, description, blocks, threads, seconds = sys.argv[1:]
    torch.set_num_threads(int(threads))
    for replacement in (squared_distances, farthest_points, ball, gather):
        setattr(neighbourhoods, replacement.__name__, replacement)
    network = build(json.loads(pathlib.Path(description).read_text()))
    network.load_state_dict(torch.load(checkpoint, map_location="cpu")["model_state_dict"])
    arrays = numpy.load(blocks)
    points = [torch.from_numpy(block[None]) for block in arrays["points"]]
    times, cpu, agreeing = [], [], []
    begun = time.perf_counter()
    with torch.no_grad():
        for i in range(2):
            network(points[i % len(points)])
        while len(times) < 5 or time.perf_counter() - begun < float(seconds):
            block = len(times) % len(points)
            used, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
            scores = network(points[block])
            times.append(time.perf_counter() - start)
            now = resource.getrusage(resource.RUSAGE_SELF)
            cpu.append(now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime)
            agreeing.append((scores[0].numpy().argmax(-1) == arrays["scores"][block].argmax(-1)).mean())
    print(json.dumps(dict(seconds=times, cpuSeconds=cpu, agreement=float(numpy.mean(agreeing)), torch=torch.__version__)))


if __name__ == "__main__":
    main()
