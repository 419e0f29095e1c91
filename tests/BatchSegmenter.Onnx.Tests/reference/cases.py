"""The networks of which golden files are made."""

from presets import POINTNET, POINTNET2, pointnext_sizes

# A room's corner of 256 points wants fewer samples and larger balls than a block of 4096; some balls are full, some are not. At
# the first level one radius is 0.25: some points lie exactly on the surface.
SMALL = {
    "pointnet2_sem_seg": dict(npoints=[96, 48, 24, 12], radii=[[0.25], [0.4], [0.8], [1.6]], nsamples=[[16], [16], [8], [8]]),
    "pointnet2_sem_seg_msg": dict(
        npoints=[96, 48, 24, 12], radii=[[0.125, 0.25], [0.3, 0.6], [0.6, 1.2], [0.9, 1.8]], nsamples=[[8, 16], [8, 16], [8, 16], [4, 8]]),
    "pointnet2_part_seg_ssg": dict(npoints=[64, 24, None], radii=[[0.25], [0.6], None], nsamples=[[16], [12], None]),
    "pointnet2_part_seg_msg": dict(npoints=[64, 24, None], radii=[[0.25, 0.3, 0.5], [0.5, 0.9], None], nsamples=[[8, 16, 24], [8, 16], None]),
    "pointnet2_cls_ssg": dict(npoints=[64, 24, None], radii=[[0.25], [0.6], None], nsamples=[[16], [12], None]),
    "pointnet2_cls_msg": dict(
        npoints=[64, 24, None], radii=[[0.25, 0.3, 0.5], [0.4, 0.6, 0.9], None], nsamples=[[8, 16, 24], [8, 12, 16], None]),
}


def pointnet2(name, family, container, channels, classes, divisor, points=256, batch=2, published=False, **more):
    """`published` takes the sample counts, radii and group sizes of the published network in place of small ones."""
    preset = POINTNET2[family]
    sizes = dict(npoints=preset["samples"], radii=preset["radii"], nsamples=preset["neighbours"]) if published else SMALL[family]
    return dict(name=name, family=family, container=container, channels=channels, classes=classes, divisor=divisor, points=points,
                batch=batch, scores="log_softmax", **sizes, **more)


def pointnext(name, size, container, channels, classes, divisor, points=803, batch=1, radius=0.25, nsample=16, **more):
    """803 points leave 200, 50, 12 and 3: no stage's count is a multiple of its stride, and the last is less than a group."""
    return dict(name=name, family="pointnext", container=container, channels=channels, classes=classes, points=points,
                batch=batch, scores="logits", **pointnext_sizes(size, divisor, radius, nsample, **more))


CASES = [
    pointnet2("sem_seg", "pointnet2_sem_seg", "scene", channels=9, classes=13, divisor=12),
    pointnet2("sem_seg_s3dis", "pointnet2_sem_seg", "safetensors", channels=9, classes=13, divisor=12, points=1100, batch=1, published=True),
    pointnet2("sem_seg_msg", "pointnet2_sem_seg_msg", "half", channels=6, classes=2, divisor=12),
    pointnet2("part_seg_ssg", "pointnet2_part_seg_ssg", "parallel", channels=3, classes=30, divisor=16, categories=16, points=128),
    pointnet2("part_seg_ssg_normals", "pointnet2_part_seg_ssg", "legacy", channels=6, classes=7, divisor=16, categories=16, points=128),
    pointnet2("part_seg_msg", "pointnet2_part_seg_msg", "legacy", channels=3, classes=7, divisor=16, categories=4, points=128),
    pointnet2("part_seg_msg_normals", "pointnet2_part_seg_msg", "safetensors", channels=6, classes=7, divisor=16, categories=16, points=128),
    pointnet2("cls_ssg", "pointnet2_cls_ssg", "state", channels=3, classes=40, divisor=16, points=128, batch=4),
    pointnet2("cls_ssg_normals", "pointnet2_cls_ssg", "legacy", channels=6, classes=10, divisor=16, points=128, batch=4),
    pointnet2("cls_msg", "pointnet2_cls_msg", "safetensors", channels=3, classes=10, divisor=16, points=128, batch=4),
    pointnet2("cls_msg_normals", "pointnet2_cls_msg", "legacy", channels=6, classes=40, divisor=16, points=128, batch=4),
    # Narrower for the cloud's feature than for a point's own, which would drown in it otherwise.
    dict(name="pointnet_sem_seg", family="pointnet_sem_seg", container="scene", channels=9, classes=13, points=128, batch=2,
         widths=[16, 12, 24], head=[16, 12], tail=[32, 16, 8], scores="log_softmax"),
    pointnext("pointnext_s", "s", "safetensors", channels=7, classes=8, divisor=8),
    pointnext("pointnext_s_scannet", "s", "half", channels=10, classes=5, divisor=8, sa_layers=3, sa_use_res=False, global_feat="max"),
    pointnext("pointnext_b", "b", "safetensors", channels=6, classes=4, divisor=16),
    pointnext("pointnext_l", "l", "legacy_half", channels=7, classes=4, divisor=16),
    pointnext("pointnext_xl", "xl", "safetensors_half", channels=3, classes=4, divisor=32, batch=2),
]

# One block of 4096 points each, for timing and for checks by hand; PointNeXt does not fix the count.
FULL = [
    pointnet2("full_sem_seg", "pointnet2_sem_seg", "scene", channels=9, classes=13, divisor=1, points=4096, batch=1, published=True),
    pointnet2("full_sem_seg_msg", "pointnet2_sem_seg_msg", "scene", channels=9, classes=13, divisor=1, points=4096, batch=1, published=True),
    dict(name="full_pointnet_sem_seg", family="pointnet_sem_seg", container="scene", channels=9, classes=13, points=4096, batch=1,
         scores="log_softmax", **POINTNET),
    *(pointnext(f"full_pointnext_{size}", size, "state", channels=7, classes=13, divisor=1, points=4096, radius=0.1, nsample=32)
      for size in ("s", "b", "l", "xl")),
]
