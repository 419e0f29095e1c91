"""Made-up clouds: a room's corner with furniture for scenes, a shape of boxes and a ball for objects. No survey's points."""

import numpy


def room(random, count, channels):
    """
    A block of 1 m by 1 m, 3 m high: centred x and y, height, colour 0..1, position within the room 0..1, and height again (as many of
    them as channels are asked for).
    """
    u, v, kind = random.uniform(size=count), random.uniform(size=count), random.randint(0, 6, count)
    zero = numpy.zeros(count)
    surfaces = [
        (u, v, zero), (u, v, zero + 3), (u, zero, 3 * v), (zero, u, 3 * v),                         # floor, ceiling, two walls
        (0.3 + 0.4 * u, 0.5 + 0.3 * v, zero + 0.72), (0.7 + 0.05 * u, 0.4 + 0.05 * v, 2 * u * v)]  # a table, and clutter
    points = numpy.stack([numpy.choose(kind, [s[i] for s in surfaces]) for i in range(3)], -1) + random.normal(0, 0.01, (count, 3))
    colour = numpy.clip(0.15 * kind[:, None] + random.normal(0.1, 0.05, (count, 3)), 0, 1)
    place = (points + [2, 3, 0]) / [6, 8, 3]
    return numpy.concatenate([points - [0.5, 0.5, 0], colour, place, points[:, 2:]], -1)[:, :channels]


def shape(random, count, channels):
    """A ball on a slab of chance proportions, centred and scaled to the unit sphere; with 6 channels its normals too."""
    radius, share = random.uniform(0.2, 0.8), random.uniform(0.2, 0.8)
    normals = random.normal(size=(count, 3))
    normals /= numpy.linalg.norm(normals, axis=1, keepdims=True)
    points = radius * normals + [0, 0, 0.9 * radius]
    slab = random.uniform(size=count) < share
    points[slab] = random.uniform([-0.8, -0.6, -0.2], [0.8, 0.6, 0], (count, 3))[slab]
    points[slab, 2] = numpy.where(points[slab, 2] < -0.1, -0.2, 0)
    normals[slab] = numpy.where(points[slab, 2:] < -0.1, [[0, 0, -1.0]], [[0, 0, 1.0]])
    points -= points.mean(0)
    points /= numpy.linalg.norm(points, axis=1).max()
    return numpy.concatenate([points, normals], -1)[:, :channels]


def batch(kind, random, blocks, count, channels, edge):
    """
    float32 [blocks, count, channels], all multiples of 1/1024: distances are then exact in any order of summation, and files small.
    Point 1 lies exactly `edge` from point 0, which is always a sample: whether a ball includes its surface shows in the scores.
    """
    points = numpy.round(numpy.stack([kind(random, count, channels) for _ in range(blocks)]) * 1024) / 1024
    points[:, 1, :3] = points[:, 0, :3] + [edge, 0, 0]
    return points.astype(numpy.float32)
