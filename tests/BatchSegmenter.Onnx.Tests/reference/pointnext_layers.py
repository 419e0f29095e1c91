"""The blocks of PointNeXt with the parameter names of openpoints. Tensors are [batch, points, channels]."""

import numpy
import torch
from torch import nn

import neighbourhoods


def layer(dimensions, inputs, outputs, norm=True, activation=True):
    """A convolution of size 1, which has a bias only where no norm follows, then norm and ReLU."""
    convolution, batch_norm = (nn.Conv1d, nn.BatchNorm1d) if dimensions == 1 else (nn.Conv2d, nn.BatchNorm2d)
    parts = [convolution(inputs, outputs, 1, bias=not norm)]
    if norm:
        parts.append(batch_norm(outputs))
    if activation:
        parts.append(nn.ReLU())
    return nn.Sequential(*parts)


def through(layers, values):
    """values [batch, ..., channels] through layers that want channels second."""
    return layers(values.movedim(-1, 1)).movedim(1, -1)


def gathered(positions, features, centres, radius, count):
    """
    [batch, centres, count, 3 + channels]: relative positions in units of the radius, then features. The ball is open: a point on its
    surface is outside. The radius is rounded to float32 before it is squared.
    """
    single = numpy.float32(radius)
    indices = neighbourhoods.ball(positions, centres, torch.tensor(single * single), count, inclusive=False)
    relative = (neighbourhoods.gather(positions, indices) - centres.unsqueeze(2)) / radius
    return torch.cat([relative, neighbourhoods.gather(features, indices)], -1)


class Stem(nn.Module):
    """One linear layer, without norm and activation, on each point."""

    def __init__(self, features, width):
        super().__init__()
        self.convs = nn.Sequential(layer(1, features, width, norm=False, activation=False))

    def forward(self, positions, features):
        return positions, through(self.convs, features)


class SetAbstraction(nn.Module):
    """Keeps points / stride of the points, each with what its ball holds."""

    def __init__(self, features, width, layers, stride, radius, count, residual):
        super().__init__()
        self.stride, self.radius, self.count, self.residual = stride, radius, count, residual
        if residual:
            self.skipconv = layer(1, features, width, norm=False, activation=False) if features != width else nn.Identity()
        widths = [3 + features, *[width // 2] * (layers - 1), width]
        self.convs = nn.Sequential(*(
            layer(2, widths[i], widths[i + 1], activation=not (residual and i == layers - 1)) for i in range(layers)))

    def forward(self, positions, features):
        kept = neighbourhoods.farthest_points(positions, positions.shape[1] // self.stride)
        centres = neighbourhoods.gather(positions, kept)
        values = through(self.convs, gathered(positions, features, centres, self.radius, self.count)).max(2).values
        if self.residual:
            values = torch.relu(values + through(self.skipconv, neighbourhoods.gather(features, kept)))
        return centres, values


class BallMaximum(nn.Module):
    """The greatest of each channel in the ball round every point."""

    def __init__(self, width, radius, count):
        super().__init__()
        self.radius, self.count = radius, count
        self.convs = nn.Sequential(layer(2, 3 + width, width))

    def forward(self, positions, features):
        return through(self.convs, gathered(positions, features, positions, self.radius, self.count)).max(2).values


class InvertedResidual(nn.Module):
    """The ball's maximum, widened and narrowed point by point, added to the input."""

    def __init__(self, width, expansion, radius, count):
        super().__init__()
        self.convs = BallMaximum(width, radius, count)
        self.pwconv = nn.Sequential(layer(1, width, width * expansion), layer(1, width * expansion, width, activation=False))

    def forward(self, positions, features):
        return positions, torch.relu(features + through(self.pwconv, self.convs(positions, features)))


class FeaturePropagation(nn.Module):
    """Own features, then those interpolated from coarser points by plain (not squared) distance."""

    def __init__(self, features, width):
        super().__init__()
        self.convs = nn.Sequential(layer(1, features, width), layer(1, width, width))

    def forward(self, fine, coarse, own, features):
        return through(self.convs, torch.cat([own, neighbourhoods.interpolate(fine, coarse, features, squared=False)], -1))
