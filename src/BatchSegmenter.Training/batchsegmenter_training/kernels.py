"""Fused steps of the network with hand-written gradients: the same mathematics as plain PyTorch, several times faster on a CPU.

A gather's gradient is a scatter. PyTorch scatters row by row; here the transposed index lists come with the batch
(sorted once per block), so that the gradient is a sum of rows per point, done by embedding_bag.
"""

import torch
import torch.nn.functional as F

EPSILON = 1e-5


class Gather(torch.autograd.Function):
    """rows[index] - centres, [S * k, C]: what a linear layer before the gather leaves to do after it."""

    @staticmethod
    def forward(context, rows, centres, gather):
        context.gather = gather
        grouped = rows.index_select(0, gather.index)
        grouped.view(len(centres), -1, rows.shape[1]).sub_(centres[:, None])
        return grouped

    @staticmethod
    def backward(context, gradient):
        gather = context.gather
        rows = F.embedding_bag(gather.order, gradient, gather.starts, mode="sum")
        centres = gradient.view(-1, gather.width, gradient.shape[1]).sum(1).neg_()
        return rows, centres, None


class Interpolate(torch.autograd.Function):
    """The weighted sum of the nearest rows, [P, C]."""

    @staticmethod
    def forward(context, rows, gather):
        context.gather = gather
        return F.embedding_bag(
            gather.index.view(-1, gather.width), rows, mode="sum", per_sample_weights=gather.weights)

    @staticmethod
    def backward(context, gradient):
        gather = context.gather
        return F.embedding_bag(
            gather.rows, gradient, gather.starts, mode="sum", per_sample_weights=gather.ordered_weights), None


class NormRelu(torch.autograd.Function):
    """Batch normalisation over the rows of x [n, C], then ReLU."""

    @staticmethod
    def forward(context, x, weight, bias, norm):
        mean, inverse, scale, shift = _statistics(x, weight, bias, norm)
        y = torch.addcmul(shift, x, scale).relu_()
        context.save_for_backward(x, y, mean, inverse, scale)
        return y

    @staticmethod
    def backward(context, gradient):
        x, y, mean, inverse, scale = context.saved_tensors
        gradient = torch.ops.aten.threshold_backward(gradient, y, 0)
        bias = gradient.sum(0)
        weight = ((gradient * x).sum(0) - mean * bias) * inverse
        dense = _through_statistics(x, mean, inverse, scale, weight, bias)
        return dense.addcmul_(gradient, scale), weight, bias, None


class NormReluMax(torch.autograd.Function):
    """Batch normalisation over the rows of x [S * k, C], ReLU, then the maximum of each k rows: [S, C].

    Both are monotone per channel, so the maximum is taken first and the rest is done on S rows instead of S * k.
    A negative scale turns the order round: such channels are negated around the maximum.
    """

    @staticmethod
    def forward(context, x, weight, bias, norm, width):
        mean, inverse, scale, shift = _statistics(x, weight, bias, norm)
        sign = torch.where(scale < 0, -1.0, 1.0)
        turned = bool((sign < 0).any())
        channels = x.shape[1]
        planes = (x * sign if turned else x).view(1, -1, width, channels).permute(0, 3, 1, 2)
        highest, winners = F.max_pool2d(planes, (1, width), return_indices=True)
        highest = highest.permute(0, 2, 3, 1).reshape(-1, channels)
        winners = winners.permute(0, 2, 3, 1).reshape(-1, channels)
        if turned:
            highest = highest * sign
        y = torch.addcmul(shift, highest, scale).relu_()
        context.save_for_backward(x, y, highest, winners, mean, inverse, scale)
        return y

    @staticmethod
    def backward(context, gradient):
        x, y, highest, winners, mean, inverse, scale = context.saved_tensors
        gradient = torch.ops.aten.threshold_backward(gradient, y, 0)
        bias = gradient.sum(0)
        weight = ((gradient * highest).sum(0) - mean * bias) * inverse
        dense = _through_statistics(x, mean, inverse, scale, weight, bias)
        channels = x.shape[1]
        flat = winners.mul(channels).add_(torch.arange(channels)).view(-1)
        dense.view(-1).index_add_(0, flat, gradient.mul_(scale).view(-1))
        return dense, weight, bias, None, None


def dropout(x, share):
    """Zeroes the share of the numbers (in steps of 1/256) and scales up the rest; eight random bytes per draw."""
    threshold = round(share * 256)
    if threshold == 0:
        return x
    draws = torch.empty((x.numel() + 7) // 8, dtype=torch.int64).random_(-2 ** 63, None)
    kept = draws.view(torch.uint8)[:x.numel()].view(x.shape) >= threshold
    return x * kept.to(x.dtype).mul_(256 / (256 - threshold))


def _statistics(x, weight, bias, norm):
    """Mean, 1/deviation, and the scale and shift that normalise; the running statistics move towards them."""
    mean, variance = torch.batch_norm_update_stats(x, None, None, 0.0)
    rows = x.shape[0]
    norm.running_mean.lerp_(mean, norm.momentum)
    norm.running_var.lerp_(variance * (rows / max(1, rows - 1)), norm.momentum)
    inverse = torch.rsqrt(variance + EPSILON)
    scale = weight * inverse
    return mean, inverse, scale, bias - mean * scale


def _through_statistics(x, mean, inverse, scale, weight_gradient, bias_gradient):
    """The part of the gradient that flows through mean and variance: linear in x per channel."""
    rows = x.shape[0]
    slope = scale * inverse * weight_gradient / -rows
    return torch.addcmul(scale * bias_gradient / -rows - slope * mean, x, slope)
