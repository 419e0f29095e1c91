"""PointNet++ (Qi, Yi, Su, Guibas 2017) for scenes, parts and whole shapes, in one scale and in several."""

import torch
from torch import nn

from pointnet2_layers import FeaturePropagation, SetAbstraction, SetAbstractionMultiScale, activate


def levels(network, samples, radii, neighbours, features, widths):
    """Adds sa1, sa2, ... and returns the feature count after each; more than one radius makes a level of several scales."""
    counts = [features]
    for i, scales in enumerate(widths):
        if radii[i] is None:
            level = SetAbstraction(None, None, None, features, scales[0])
        elif network.multi_scale:
            level = SetAbstractionMultiScale(samples[i], radii[i], neighbours[i], features, scales)
        else:
            level = SetAbstraction(samples[i], radii[i][0], neighbours[i][0], features, scales[0])
        network.add_module(f"sa{i + 1}", level)
        features = sum(scale[-1] for scale in scales)
        counts.append(features)
    return counts


class Segmentation(nn.Module):
    """
    A score for each point. The levels take all channels, positions included, as features. With categories the finest propagation
    takes one-hot category, positions and all channels, in that order; without, it takes the interpolated features alone.
    """

    def __init__(self, multi_scale, samples, radii, neighbours, channels, classes, widths, up, categories=0):
        super().__init__()
        self.multi_scale, self.depth, self.categories = multi_scale, len(widths), categories
        counts = levels(self, samples, radii, neighbours, channels, widths)
        counts[0] = categories + 3 + channels if categories else 0
        features = counts[-1]
        for i in range(self.depth, 0, -1):
            self.add_module(f"fp{i}", FeaturePropagation(counts[i - 1] + features, up[i - 1]))
            features = up[i - 1][-1]
        self.conv1 = nn.Conv1d(features, features, 1)
        self.bn1 = nn.BatchNorm1d(features)
        self.conv2 = nn.Conv1d(features, classes, 1)

    def forward(self, points, category=None):
        positions, features = [points[..., :3]], [points]
        for i in range(self.depth):
            at, values = getattr(self, f"sa{i + 1}")(positions[i], features[i])
            positions.append(at)
            features.append(values)
        features[0] = None
        if self.categories:
            features[0] = torch.cat([category.unsqueeze(1).expand(-1, points.shape[1], -1), positions[0], points], -1)
        values = features[-1]
        for i in range(self.depth, 0, -1):
            values = getattr(self, f"fp{i}")(positions[i - 1], positions[i], features[i - 1], values)
        values = activate([self.conv1], [self.bn1], values)
        return self.conv2(values.transpose(1, 2)).transpose(1, 2).log_softmax(-1)


class Classification(nn.Module):
    """A score for each cloud. Only what follows the positions (normals, where there are any) is a feature."""

    def __init__(self, multi_scale, samples, radii, neighbours, channels, classes, widths, head):
        super().__init__()
        self.multi_scale, self.depth = multi_scale, len(widths)
        features = levels(self, samples, radii, neighbours, channels - 3, widths)[-1]
        self.fc1, self.bn1 = nn.Linear(features, head[0]), nn.BatchNorm1d(head[0])
        self.fc2, self.bn2 = nn.Linear(head[0], head[1]), nn.BatchNorm1d(head[1])
        self.fc3 = nn.Linear(head[1], classes)

    def forward(self, points):
        at, values = points[..., :3], points[..., 3:] if points.shape[-1] > 3 else None
        for i in range(self.depth):
            at, values = getattr(self, f"sa{i + 1}")(at, values)
        values = torch.relu(self.bn1(self.fc1(values[:, 0])))
        values = torch.relu(self.bn2(self.fc2(values)))
        return self.fc3(values).log_softmax(-1)
