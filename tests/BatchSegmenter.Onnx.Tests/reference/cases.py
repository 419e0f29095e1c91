"""The networks of which golden files are made."""

from presets import POINTNET2

# A room's corner of 256 points wants fewer samples and larger balls than a block of 4096; some balls are full, some are not.
SMALL = {
    "pointnet2_sem_seg": dict(npoints=[96, 48, 24, 12], radii=[[0.25], [0.4], [0.8], [1.6]], nsamples=[[16], [16], [8], [8]]),
    "pointnet2_sem_seg_msg": dict(
        npoints=[96, 48, 24, 12], radii=[[0.15, 0.3], [0.3, 0.6], [0.6, 1.2], [0.9, 1.8]], nsamples=[[8, 16], [8, 16], [8, 16], [4, 8]]),
}


def pointnet2(name, family, container, channels, classes, divisor, points=256, batch=2, published=False, **more):
    """`published` takes the sample counts, radii and group sizes of the published network in place of small ones."""
    preset = POINTNET2[family]
    sizes = dict(npoints=preset["samples"], radii=preset["radii"], nsamples=preset["neighbours"]) if published else SMALL[family]
    return dict(name=name, family=family, container=container, channels=channels, classes=classes, divisor=divisor, points=points,
                batch=batch, scores="log_softmax", **sizes, **more)


CASES = [
    pointnet2("sem_seg", "pointnet2_sem_seg", "scene", channels=9, classes=13, divisor=8),
    pointnet2("sem_seg_s3dis", "pointnet2_sem_seg", "safetensors", channels=9, classes=13, divisor=12, points=1100, batch=1, published=True),
    pointnet2("sem_seg_msg", "pointnet2_sem_seg_msg", "half", channels=6, classes=2, divisor=8),
]
