"""
The S3DIS-shaped network of the reference exported to ONNX as one usually deploys it, neighbourhoods inside, sampling a scripted loop:
exported_pytorch.py CHECKPOINT DESCRIPTION BLOCKS.npz OUT.onnx. What the exporter of PyTorch 1.13 cannot write (sort, negative axes) is written otherwise.
"""

import json
import pathlib
import sys
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "BatchSegmenter.Onnx.Tests" / "reference"))

import numpy
import torch

import neighbourhoods
from networks import build
from usual_pytorch import squared_distances


@torch.jit.script
def farthest_points(points, count: int):
    nearest = torch.full([points.shape[0], points.shape[1]], 1e10)
    last = torch.zeros([points.shape[0], 1], dtype=torch.long)
    chosen = torch.zeros([points.shape[0], 0], dtype=torch.long)
    for _ in range(count):
        chosen = torch.cat([chosen, last], 1)
        sample = torch.gather(points, 1, last.unsqueeze(-1).expand(-1, -1, 3))
        nearest = torch.min(nearest, ((points - sample) ** 2).sum(-1))
        last = torch.argmax(nearest, dim=1, keepdim=True)
    return chosen


def ball(points, centres, squared_radius, count, inclusive):
    total = points.shape[1]
    outside = squared_distances(centres, points) > squared_radius
    indices = torch.where(outside, torch.tensor(total), torch.arange(total).repeat(points.shape[0], centres.shape[1], 1))
    indices = indices.topk(count, dim=2, largest=False, sorted=True).values
    return torch.where(indices == total, indices[..., :1].expand_as(indices), indices)


def interpolate(fine, coarse, features, squared):
    nearest, indices = squared_distances(fine, coarse).topk(3, dim=2, largest=False, sorted=True)
    weights = 1.0 / (nearest + 1e-8)
    weights = weights / weights.sum(2, keepdim=True)
    return (neighbourhoods.gather(features, indices) * weights.unsqueeze(-1)).sum(2)


def main():
    checkpoint, description, blocks, out = sys.argv[1:]
    neighbourhoods.squared_distances, neighbourhoods.farthest_points = squared_distances, farthest_points
    neighbourhoods.ball, neighbourhoods.interpolate = ball, interpolate
    torch.Tensor.movedim = lambda values, a, b: torch.movedim(values, a % values.dim(), b % values.dim())
    torch.Tensor.log_softmax = lambda values, axis: torch.log_softmax(values, axis % values.dim())
    network = build(json.loads(pathlib.Path(description).read_text()))
    network.load_state_dict(torch.load(checkpoint, map_location="cpu")["model_state_dict"])
    network.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (torch.from_numpy(numpy.load(blocks)["points"][:1]),), out, opset_version=13, input_names=["points"], output_names=["scores"])


if __name__ == "__main__":
    main()
