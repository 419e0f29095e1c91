"""Blocks as they come from the stream, checked, and batches: blocks stacked along the first axis with shifted indices."""

import numpy as np
import torch


class BlockError(ValueError):
    """A block does not fit the architecture; the message names the tensor, what was found and what was expected."""


class Block:
    """The tensors of one block (arrays by their contract names) and, for training, the transposed index lists."""

    def __init__(self, tensors, architecture, source="", transpose=True):
        self.source = source
        self.tensors = tensors
        self.sizes = [len(_need(tensors, "positions", np.float32, (None, 3)))]
        points = self.sizes[0]
        if points == 0:
            raise BlockError(f"a block of '{source}' has no points")
        _need(tensors, "features", np.float32, (points, architecture["features"]))
        for level, description in enumerate(architecture["levels"], 1):
            below = self.sizes[-1]
            self.sizes.append(len(_need(tensors, f"samples_{level}", np.int32, (None,), below)))
            for scale, entry in enumerate(description["scales"]):
                _need(tensors, f"neighbors_{level}_{scale}", np.int32, (self.sizes[-1], entry["neighbors"]), below)
            _need(tensors, f"nearest_{level}", np.int32, (below, 3), self.sizes[-1])
            _need(tensors, f"weights_{level}", np.float32, (below, 3))
        if "targets" in tensors:
            targets = _need(tensors, "targets", np.int32, (points,))
            if targets.min() < -1 or targets.max() >= architecture["classes"]:
                raise BlockError(
                    f"'targets' holds {targets.min()} to {targets.max()}; -1 to {architecture['classes'] - 1} was expected")
        if "point_weights" in tensors:
            _need(tensors, "point_weights", np.float32, (points,))
        self.transposed = {}
        if transpose:
            for level, description in enumerate(architecture["levels"], 1):
                for scale in range(len(description["scales"])):
                    self._transpose(f"neighbors_{level}_{scale}", self.sizes[level - 1])
                self._transpose(f"nearest_{level}", self.sizes[level])

    def _transpose(self, name, targets):
        """Where each target is gathered: positions in the flattened index list sorted by target, and each one's start."""
        index = self.tensors[name].reshape(-1)
        keys = index.astype(np.uint16) if targets <= 1 << 16 else index  # 16-bit keys are sorted by radix
        order = np.argsort(keys, kind="stable").astype(np.int32)
        counts = np.bincount(index, minlength=targets)
        starts = np.zeros(targets, np.int32)
        np.cumsum(counts[:-1], out=starts[1:])
        self.transposed[name] = order, starts


def _need(tensors, name, dtype, shape, bound=None):
    if name not in tensors:
        raise BlockError(f"tensor '{name}' is missing (found: {', '.join(sorted(tensors))})")
    array = tensors[name]
    fits = array.ndim == len(shape) and all(want in (None, have) for want, have in zip(shape, array.shape))
    if array.dtype != dtype or not fits:
        expected = [side if side is not None else "any" for side in shape]
        raise BlockError(
            f"'{name}' is {array.dtype} {list(array.shape)}; {np.dtype(dtype).name} {expected} was expected")
    if bound is not None and array.size and not 0 <= array.min() <= array.max() < bound:
        raise BlockError(f"'{name}' holds indices {array.min()} to {array.max()}; 0 to {bound - 1} was expected")
    return array


class GatherIndex:
    """An index list of a batch and its transpose (order, starts), see `kernels`."""

    def __init__(self, index, width, weights=None, order=None, starts=None):
        self.index, self.width, self.weights = index, width, weights
        self.order, self.starts = order, starts
        if weights is not None and order is not None:
            positions = order.long()
            self.rows = torch.div(order, width, rounding_mode="floor")
            self.ordered_weights = weights.reshape(-1)[positions]


class Batch:
    """Blocks stacked for one step. Positions per level, gathers per level and scale, targets and weights per point."""

    def __init__(self, blocks, architecture):
        self.blocks = len(blocks)
        self.features = _stack(blocks, "features")
        self.positions = [_stack(blocks, "positions")]
        self.neighbors, self.nearest = [], []
        for level, description in enumerate(architecture["levels"], 1):
            samples = _shifted(blocks, f"samples_{level}", level - 1)
            self.positions.append(self.positions[-1].index_select(0, samples))
            self.neighbors.append([
                _gather(blocks, f"neighbors_{level}_{scale}", level - 1, entry["neighbors"])
                for scale, entry in enumerate(description["scales"])])
            self.nearest.append(
                _gather(blocks, f"nearest_{level}", level, 3, _stack(blocks, f"weights_{level}")))
        first = blocks[0].tensors
        self.targets = _stack(blocks, "targets").long() if "targets" in first else None
        self.point_weights = _stack(blocks, "point_weights") if "point_weights" in first else None
        self.sizes = [block.sizes[0] for block in blocks]
        self.sources = [block.source for block in blocks]


def _stack(blocks, name):
    return torch.from_numpy(np.concatenate([block.tensors[name] for block in blocks]))


def _shifted(blocks, name, level):
    parts, shift = [], 0
    for block in blocks:
        parts.append(block.tensors[name].reshape(-1) + np.int32(shift))
        shift += block.sizes[level]
    return torch.from_numpy(np.concatenate(parts))


def _gather(blocks, name, level, width, weights=None):
    index = _shifted(blocks, name, level)
    if name not in blocks[0].transposed:
        return GatherIndex(index, width, weights)
    orders, starts, shift = [], [], 0
    for block in blocks:
        order, start = block.transposed[name]
        orders.append(order + np.int32(shift))
        starts.append(start + np.int32(shift))
        shift += len(order)
    return GatherIndex(
        index, width, weights, torch.from_numpy(np.concatenate(orders)), torch.from_numpy(np.concatenate(starts)))
