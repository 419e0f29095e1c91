"""PointNet++ from its architecture description; the parameters carry the names that checkpoints have."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from .kernels import EPSILON, Gather, Interpolate, NormRelu, NormReluMax, dropout


class Norm(nn.Module):
    """Batch normalisation over rows, with ReLU and (if a width is given) the maximum over each `width` rows."""

    def __init__(self, channels, momentum):
        super().__init__()
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x, width=None):
        if self.training:
            if width is None:
                return NormRelu.apply(x, self.weight, self.bias, self)
            return NormReluMax.apply(x, self.weight, self.bias, self, width)
        scale = self.weight * torch.rsqrt(self.running_var + EPSILON)
        y = torch.addcmul(self.bias - self.running_mean * scale, x, scale).relu_()
        return y if width is None else y.view(-1, width, y.shape[1]).amax(1)


class Layer(nn.Module):
    """Linear, then (unless it is the last of the network) normalisation and ReLU; a bias only where no norm follows."""

    def __init__(self, inputs, outputs, momentum=None):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=momentum is None)
        if momentum is not None:
            self.norm = Norm(outputs, momentum)


def _layers(inputs, widths, momentum):
    return nn.ModuleList(Layer(a, b, momentum) for a, b in zip([inputs, *widths], widths))


class PointNet2(nn.Module):
    """Set abstraction, feature propagation and a head per point: a `Batch` to scores [points, classes].

    The first linear layer of each level is applied once per point, before the gather, and that of each propagation
    before the interpolation; both are exact.
    """

    def __init__(self, architecture, momentum=0.1):
        super().__init__()
        if architecture.get("type") != "pointnet2":
            raise ValueError(f"architecture type '{architecture.get('type')}' is unknown; 'pointnet2' was expected")
        levels, propagation = architecture["levels"], architecture["propagation"]
        if len(levels) != len(propagation) or not levels:
            raise ValueError(
                f"{len(levels)} levels and {len(propagation)} propagation entries; as many as levels, at least one, were expected")
        channels = [architecture["features"]]
        self.levels, self.radii = nn.ModuleList(), []
        for level in levels:
            scales = level["scales"]
            relative = level.get("relativeByRadius", False)
            self.radii.append([scale["radius"] if relative else 1.0 for scale in scales])
            self.levels.append(nn.ModuleList(_layers(3 + channels[-1], scale["widths"], momentum) for scale in scales))
            channels.append(sum(scale["widths"][-1] for scale in scales))
        self.propagation, self.skips = nn.ModuleList(), []
        above = channels[-1]
        for entry, below in zip(propagation, channels[-2::-1]):
            skip = below if entry.get("skip", True) else 0
            self.skips.append(skip)
            self.propagation.append(_layers(skip + above, entry["widths"], momentum))
            above = entry["widths"][-1]
        if not 0 <= architecture.get("dropout", 0.0) <= 0.99:
            raise ValueError(f"dropout {architecture['dropout']} is not between 0 and 0.99")
        self.dropout = architecture.get("dropout", 0.0)
        self.head = _layers(above, architecture["head"], momentum)
        self.head.append(Layer([above, *architecture["head"]][-1], architecture["classes"]))

    def forward(self, batch):
        features = [batch.features]
        for level, scales in enumerate(self.levels):
            groups = zip(scales, self.radii[level], batch.neighbors[level])
            pooled = [self._abstract(batch, level, features[-1], *group) for group in groups]
            features.append(pooled[0] if len(pooled) == 1 else torch.cat(pooled, 1))
        x = features.pop()
        for layers, skip, gather in zip(self.propagation, self.skips, reversed(batch.nearest)):
            x = self._propagate(layers, features.pop() if skip else features.pop()[:, :0], x, gather)
        for layer in self.head[:-1]:
            x = layer.norm(layer.linear(x))
            if self.training:
                x = dropout(x, self.dropout)
        return self.head[-1].linear(x)

    def _abstract(self, batch, level, features, layers, radius, gather):
        weight = layers[0].linear.weight
        points, centres = batch.positions[level] / radius, batch.positions[level + 1] / radius
        x = Gather.apply(
            F.linear(torch.cat([points, features], 1), weight), F.linear(centres, weight[:, :3]), gather)
        for before, layer in zip(layers, layers[1:]):
            x = layer.linear(before.norm(x))
        return layers[-1].norm(x, gather.width)

    def _propagate(self, layers, skip, coarse, gather):
        weight = layers[0].linear.weight
        width = skip.shape[1]
        x = Interpolate.apply(F.linear(coarse, weight[:, width:]), gather)
        if width:
            x = torch.addmm(x, skip, weight[:, :width].t())
        x = layers[0].norm(x)
        for layer in layers[1:]:
            x = layer.norm(layer.linear(x))
        return x

    def parameter_count(self):
        """How many numbers are learnt."""
        return sum(parameter.numel() for parameter in self.parameters())
