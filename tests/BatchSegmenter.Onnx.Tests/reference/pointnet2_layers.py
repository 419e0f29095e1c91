"""The levels of PointNet++ with the parameter names of yanx27's widely used PyTorch version. Tensors are [batch, points, channels]."""

import numpy
import torch
from torch import nn

import neighbourhoods


def convolutions(dimensions, widths):
    """Convolutions of size 1 with bias and their norms, as two lists: the names number them apart."""
    convolution, norm = (nn.Conv1d, nn.BatchNorm1d) if dimensions == 1 else (nn.Conv2d, nn.BatchNorm2d)
    return (nn.ModuleList(convolution(a, b, 1) for a, b in zip(widths, widths[1:])), nn.ModuleList(norm(b) for b in widths[1:]))


def activate(convs, norms, values):
    """values [batch, ..., channels] through convolution, norm and ReLU, layer by layer."""
    values = values.movedim(-1, 1)
    for conv, norm in zip(convs, norms):
        values = torch.relu(norm(conv(values)))
    return values.movedim(1, -1)


def groups(points, centres, radius, count):
    """The ball includes its surface; the radius is squared as a double and then rounded to float32."""
    indices = neighbourhoods.ball(points, centres, torch.tensor(numpy.float32(radius * radius)), count, inclusive=True)
    return indices, neighbourhoods.gather(points, indices) - centres.unsqueeze(2)


class SetAbstraction(nn.Module):
    """One scale, or the whole cloud where there is no radius. Relative position first, then features."""

    def __init__(self, samples, radius, neighbours, features, widths):
        super().__init__()
        self.samples, self.radius, self.neighbours = samples, radius, neighbours
        self.mlp_convs, self.mlp_bns = convolutions(2, [3 + features, *widths])

    def forward(self, points, features):
        if self.radius is None:
            # The whole cloud as one group: positions stay as they are, no centre is subtracted.
            centres, positions = torch.zeros(len(points), 1, 3), points.unsqueeze(1)
            grouped = None if features is None else features.unsqueeze(1)
        else:
            centres = neighbourhoods.gather(points, neighbourhoods.farthest_points(points, self.samples))
            indices, positions = groups(points, centres, self.radius, self.neighbours)
            grouped = None if features is None else neighbourhoods.gather(features, indices)
        values = positions if grouped is None else torch.cat([positions, grouped], -1)
        return centres, activate(self.mlp_convs, self.mlp_bns, values).max(2).values


class SetAbstractionMultiScale(nn.Module):
    """Several scales round the same centres. Features first, then relative position: the other way round than with one scale."""

    def __init__(self, samples, radii, neighbours, features, widths):
        super().__init__()
        self.samples, self.radii, self.neighbours = samples, radii, neighbours
        stacks = [convolutions(2, [features + 3, *scale]) for scale in widths]
        self.conv_blocks = nn.ModuleList(convs for convs, _ in stacks)
        self.bn_blocks = nn.ModuleList(norms for _, norms in stacks)

    def forward(self, points, features):
        centres = neighbourhoods.gather(points, neighbourhoods.farthest_points(points, self.samples))
        scales = []
        for radius, count, convs, norms in zip(self.radii, self.neighbours, self.conv_blocks, self.bn_blocks):
            indices, positions = groups(points, centres, radius, count)
            values = positions if features is None else torch.cat([neighbourhoods.gather(features, indices), positions], -1)
            scales.append(activate(convs, norms, values).max(2).values)
        return centres, torch.cat(scales, -1)


class FeaturePropagation(nn.Module):
    """Interpolates coarse features to finer points. The finer level's own features first, then the interpolated ones."""

    def __init__(self, features, widths):
        super().__init__()
        self.mlp_convs, self.mlp_bns = convolutions(1, [features, *widths])

    def forward(self, fine, coarse, own, features):
        if coarse.shape[1] == 1:
            values = features.expand(-1, fine.shape[1], -1)
        else:
            values = neighbourhoods.interpolate(fine, coarse, features, squared=True)
        return activate(self.mlp_convs, self.mlp_bns, values if own is None else torch.cat([own, values], -1))
