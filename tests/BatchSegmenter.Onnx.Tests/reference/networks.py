"""Makes a network from its description, the JSON object that lies beside each golden file."""

import pointnet
import pointnet2
import pointnext
from presets import POINTNET2, narrowed

POINTNET_KEYS = ("widths", "head", "tail")
POINTNEXT_KEYS = ("width", "blocks", "strides", "radii", "nsamples", "sa_layers", "sa_use_res", "expansion", "global_feat")


def build(description):
    """A network in evaluation mode; its parameters are whatever PyTorch starts with."""
    family = description["family"]
    ends = dict(channels=description["channels"], classes=description["classes"])
    if family == "pointnext":
        return pointnext.Segmentation(**ends, **{key: description[key] for key in POINTNEXT_KEYS}).eval()
    if family == "pointnet_sem_seg":
        return pointnet.Segmentation(**ends, **{key: description[key] for key in POINTNET_KEYS}).eval()

    preset, divisor = POINTNET2[family], description["divisor"]
    sizes = dict(
        multi_scale=preset["multi_scale"], samples=description["npoints"], radii=description["radii"],
        neighbours=description["nsamples"], widths=narrowed(preset["widths"], divisor))
    if "head" in preset:
        return pointnet2.Classification(head=narrowed(preset["head"], divisor), **ends, **sizes).eval()
    return pointnet2.Segmentation(up=narrowed(preset["up"], divisor), categories=description.get("categories", 0), **ends, **sizes).eval()
