"""PointNeXt (Qian et al. 2022) for scenes."""

import torch
from torch import nn

from pointnext_layers import FeaturePropagation, InvertedResidual, SetAbstraction, Stem, layer, through


def radii_of(radius, blocks, strides, scaling=2):
    """By stage and block: a stage's first block has its own radius, the others already the next stage's."""
    radii = []
    for count, stride in zip(blocks, strides):
        following = radius if stride == 1 else radius * scaling
        radii.append([radius] + [following] * (count - 1))
        radius = following
    return radii


class Encoder(nn.Module):
    """A stem, then stages of a set abstraction and inverted residual blocks; the width doubles at every stage that thins out."""

    def __init__(self, features, width, blocks, strides, radii, nsamples, sa_layers, sa_use_res, expansion):
        super().__init__()
        stages, self.widths = [nn.ModuleList([Stem(features, width)])], [width]
        for count, stride, radius, neighbours in zip(blocks[1:], strides[1:], radii[1:], nsamples[1:]):
            first = SetAbstraction(width, width * 2, sa_layers, stride, radius[0], neighbours[0], sa_use_res)
            width *= 2
            others = [InvertedResidual(width, expansion, radius[i], neighbours[i]) for i in range(1, count)]
            stages.append(nn.ModuleList([first, *others]))
            self.widths.append(width)
        self.encoder = nn.ModuleList(stages)

    def forward(self, positions, features):
        """Positions and features after each stage."""
        levels = []
        for stage in self.encoder:
            for block in stage:
                positions, features = block(positions, features)
            levels.append((positions, features))
        return levels


class Decoder(nn.Module):
    """`decoder.0` is the finest step; the last one runs first."""

    def __init__(self, widths):
        super().__init__()
        self.decoder = nn.ModuleList(
            nn.ModuleList([FeaturePropagation(fine + coarse, fine)]) for fine, coarse in zip(widths, widths[1:]))

    def forward(self, levels):
        coarse, values = levels[-1]
        for step, (fine, own) in zip(reversed(self.decoder), reversed(levels[:-1])):
            values = step[0](fine, coarse, own, values)
            coarse = fine
        return values


class Head(nn.Module):
    """Logits; `pooled` puts the cloud's maximum ("max") or mean ("avg") of each channel after every point's features."""

    def __init__(self, width, classes, pooled):
        super().__init__()
        self.pooled = pooled
        width *= 1 + len(pooled)
        # The gap in the numbering is where training has its dropout.
        self.head = nn.Sequential(layer(1, width, width), nn.Identity(), layer(1, width, classes, norm=False, activation=False))

    def forward(self, values):
        whole = {"max": lambda: values.max(1, keepdim=True).values, "avg": lambda: values.mean(1, keepdim=True)}
        return through(self.head, torch.cat([values, *(whole[kind]().expand_as(values) for kind in self.pooled)], -1))


class Segmentation(nn.Module):
    """Logits for each point. Positions are the first three channels and no feature, unless there are no others."""

    def __init__(self, channels, classes, width, blocks, strides, radii, nsamples, sa_layers, sa_use_res, expansion, global_feat):
        super().__init__()
        self.encoder = Encoder(channels - 3 or 3, width, blocks, strides, radii, nsamples, sa_layers, sa_use_res, expansion)
        self.decoder = Decoder(self.encoder.widths)
        self.head = Head(width, classes, global_feat.split(",") if global_feat else [])

    def forward(self, points):
        positions = points[..., :3]
        return self.head(self.decoder(self.encoder(positions, points[..., 3:] if points.shape[-1] > 3 else positions)))
