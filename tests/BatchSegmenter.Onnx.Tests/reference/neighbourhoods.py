"""Sampling, grouping and interpolation, as float32 arithmetic that another language can repeat bit by bit."""

import torch


def squared_distances(queries, points):
    """[batch, queries, points], directly as (dx*dx + dy*dy) + dz*dz: the form a^2 + b^2 - 2ab loses digits to cancellation."""
    dx, dy, dz = (queries.unsqueeze(2) - points.unsqueeze(1)).unbind(-1)
    return (dx * dx + dy * dy) + dz * dz


def gather(values, indices):
    """values [batch, points, channels] at indices [batch, ...] gives [batch, ..., channels]."""
    flat = indices.reshape(len(values), -1, 1).expand(-1, -1, values.shape[2])
    return values.gather(1, flat).reshape(*indices.shape, values.shape[2])


def farthest_points(points, count):
    """[batch, count]: starts at index 0; of equally far points the one with the lowest index is taken."""
    nearest = torch.full(points.shape[:2], 1e10)
    chosen = torch.zeros(len(points), count, dtype=torch.long)
    for i in range(1, count):
        last = chosen[:, i - 1:i]
        nearest = torch.minimum(nearest, squared_distances(gather(points, last), points)[:, 0])
        chosen[:, i] = nearest.argmax(1)
    return chosen


def ball(points, centres, squared_radius, count, inclusive):
    """[batch, centres, count]: the first `count` points of the ball in index order; a ball with fewer repeats its first one."""
    distances = squared_distances(centres, points)
    inside = distances <= squared_radius if inclusive else distances < squared_radius
    total = points.shape[1]
    indices = torch.where(inside, torch.arange(total), torch.tensor(total)).sort(-1).values[..., :count]
    indices = torch.nn.functional.pad(indices, (0, count - indices.shape[-1]), value=total)
    return torch.where(indices == total, indices[..., :1], indices)


def interpolate(fine, coarse, features, squared):
    """
    features [batch, coarse, channels] at the fine points: the mean of the three nearest, weighted by 1 / (d + 1e-8), where d is the
    squared distance or the plain one. Of equally near points the one with the lowest index comes first.
    """
    nearest, indices = squared_distances(fine, coarse).sort(dim=-1, stable=True)
    nearest, indices = nearest[..., :3], indices[..., :3]
    weights = 1.0 / ((nearest if squared else nearest.sqrt()) + 1e-8)
    weights = weights / weights.sum(-1, keepdim=True)
    return (gather(features, indices) * weights.unsqueeze(-1)).sum(2)
