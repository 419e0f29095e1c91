"""PointNet (Qi, Su, Mo, Guibas 2017) for scenes, with the parameter names of yanx27's version. Tensors are [batch, points, channels]."""

import torch
from torch import nn


class Transform(nn.Module):
    """A square matrix from the whole cloud, added to the identity."""

    def __init__(self, channels, size, widths, head):
        super().__init__()
        self.size = size
        self.conv1, self.conv2, self.conv3 = (nn.Conv1d(a, b, 1) for a, b in zip([channels, *widths], widths))
        self.fc1, self.fc2, self.fc3 = (nn.Linear(a, b) for a, b in zip([widths[-1], *head], [*head, size * size]))
        self.bn1, self.bn2, self.bn3, self.bn4, self.bn5 = (nn.BatchNorm1d(width) for width in [*widths, *head])

    def forward(self, values):
        values = values.transpose(1, 2)
        for conv, norm in ((self.conv1, self.bn1), (self.conv2, self.bn2), (self.conv3, self.bn3)):
            values = torch.relu(norm(conv(values)))
        values = values.max(2).values
        for linear, norm in ((self.fc1, self.bn4), (self.fc2, self.bn5)):
            values = torch.relu(norm(linear(values)))
        return self.fc3(values).reshape(-1, self.size, self.size) + torch.eye(self.size)


class Encoder(nn.Module):
    """The cloud's feature, then each point's own. The last norm has no ReLU after it."""

    def __init__(self, channels, widths, head):
        super().__init__()
        self.stn = Transform(channels, 3, widths, head)
        self.conv1, self.conv2, self.conv3 = (nn.Conv1d(a, b, 1) for a, b in zip([channels, *widths], widths))
        self.bn1, self.bn2, self.bn3 = (nn.BatchNorm1d(width) for width in widths)
        self.fstn = Transform(widths[0], widths[0], widths, head)

    def forward(self, points):
        # Only positions are turned, though the matrix comes from all channels.
        turned = torch.cat([points[..., :3] @ self.stn(points), points[..., 3:]], -1)
        own = torch.relu(self.bn1(self.conv1(turned.transpose(1, 2)))).transpose(1, 2)
        own = own @ self.fstn(own)
        values = torch.relu(self.bn2(self.conv2(own.transpose(1, 2))))
        whole = self.bn3(self.conv3(values)).max(2).values
        return torch.cat([whole.unsqueeze(1).expand(-1, points.shape[1], -1), own], -1)


class Segmentation(nn.Module):
    """Log-softmax scores for each point."""

    def __init__(self, channels, classes, widths, head, tail):
        super().__init__()
        self.feat = Encoder(channels, widths, head)
        counts = [widths[-1] + widths[0], *tail, classes]
        self.conv1, self.conv2, self.conv3, self.conv4 = (nn.Conv1d(a, b, 1) for a, b in zip(counts, counts[1:]))
        self.bn1, self.bn2, self.bn3 = (nn.BatchNorm1d(width) for width in tail)

    def forward(self, points):
        values = self.feat(points).transpose(1, 2)
        for conv, norm in ((self.conv1, self.bn1), (self.conv2, self.bn2), (self.conv3, self.bn3)):
            values = torch.relu(norm(conv(values)))
        return self.conv4(values).transpose(1, 2).log_softmax(-1)
