"""What the published networks are made of. `divisor` narrows every width, so that a checkpoint is small; layers and names stay."""

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
