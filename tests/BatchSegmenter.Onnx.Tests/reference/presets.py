"""What the published networks are made of. `divisor` narrows every width, so that a checkpoint is small; layers and names stay."""

from pointnext import radii_of

ROOM = dict(samples=[1024, 256, 64, 16], radii=[[0.1], [0.2], [0.4], [0.8]], neighbours=[[32]] * 4)
ROOM_MULTI = dict(samples=[1024, 256, 64, 16], radii=[[0.05, 0.1], [0.1, 0.2], [0.2, 0.4], [0.4, 0.8]], neighbours=[[16, 32]] * 4)
SHAPE = dict(samples=[512, 128, None], radii=[[0.2], [0.4], None], neighbours=[[32], [64], None])
PART_MULTI = dict(samples=[512, 128, None], radii=[[0.1, 0.2, 0.4], [0.4, 0.8], None], neighbours=[[32, 64, 128], [64, 128], None])
SHAPE_MULTI = dict(samples=[512, 128, None], radii=[[0.1, 0.2, 0.4], [0.2, 0.4, 0.8], None], neighbours=[[16, 32, 128], [32, 64, 128], None])

ROOM_UP = [[128, 128, 128], [256, 128], [256, 256], [256, 256]]
SHAPE_WIDTHS = [[[64, 64, 128]], [[128, 128, 256]], [[256, 512, 1024]]]

POINTNET2 = {
    "pointnet2_sem_seg": dict(
        ROOM, multi_scale=False, up=ROOM_UP,
        widths=[[[32, 32, 64]], [[64, 64, 128]], [[128, 128, 256]], [[256, 256, 512]]]),
    "pointnet2_sem_seg_msg": dict(
        ROOM_MULTI, multi_scale=True, up=ROOM_UP,
        widths=[[[16, 16, 32], [32, 32, 64]], [[64, 64, 128], [64, 96, 128]],
                [[128, 196, 256], [128, 196, 256]], [[256, 256, 512], [256, 384, 512]]]),
    "pointnet2_part_seg_ssg": dict(
        SHAPE, multi_scale=False, widths=SHAPE_WIDTHS, up=[[128, 128, 128], [256, 128], [256, 256]]),
    "pointnet2_part_seg_msg": dict(
        PART_MULTI, multi_scale=True, up=[[128, 128], [256, 128], [256, 256]],
        widths=[[[32, 32, 64], [64, 64, 128], [64, 96, 128]], [[128, 128, 256], [128, 196, 256]], [[256, 512, 1024]]]),
    "pointnet2_cls_ssg": dict(SHAPE, multi_scale=False, widths=SHAPE_WIDTHS, head=[512, 256]),
    "pointnet2_cls_msg": dict(
        SHAPE_MULTI, multi_scale=True, head=[512, 256],
        widths=[[[32, 32, 64], [64, 64, 128], [64, 96, 128]], [[64, 64, 128], [128, 128, 256], [128, 128, 256]], [[256, 512, 1024]]]),
}


def narrowed(widths, divisor):
    """Every width of a nested list, divided and rounded, at least 2."""
    return [narrowed(w, divisor) for w in widths] if isinstance(widths, list) else max(2, round(widths / divisor))


POINTNET = dict(widths=[64, 128, 1024], head=[512, 256], tail=[512, 256, 128])

# For S3DIS. ScanNet's differ in the radius (0.05) and the pooled head; its S has three layers and no residual.
POINTNEXT = {
    "s": dict(blocks=[1, 1, 1, 1, 1], width=32, sa_layers=2, sa_use_res=True),
    "b": dict(blocks=[1, 2, 3, 2, 2], width=32, sa_layers=1, sa_use_res=False),
    "l": dict(blocks=[1, 3, 5, 3, 3], width=32, sa_layers=1, sa_use_res=False),
    "xl": dict(blocks=[1, 4, 7, 4, 4], width=64, sa_layers=1, sa_use_res=False),
}


def pointnext_sizes(size, divisor, radius=0.1, nsample=32, global_feat=None, **changes):
    """A configuration as a description has it: radii and group sizes of each block are spelt out."""
    sizes = {**POINTNEXT[size], "strides": [1, 4, 4, 4, 4], "expansion": 4, "global_feat": global_feat, **changes}
    sizes["width"] = narrowed(sizes["width"], divisor)
    return dict(sizes, radii=radii_of(radius, sizes["blocks"], sizes["strides"]), nsamples=[[nsample] * count for count in sizes["blocks"]])
