"""Makes a network from its description, the JSON object that lies beside each golden file."""

import pointnet2
from presets import POINTNET2, narrowed


def build(description):
    """A network in evaluation mode; its parameters are whatever PyTorch starts with."""
    family = description["family"]
    preset = POINTNET2[family]
    options = dict(
        multi_scale=preset["multi_scale"], samples=description["npoints"], radii=description["radii"],
        neighbours=description["nsamples"], channels=description["channels"], classes=description["classes"],
        widths=narrowed(preset["widths"], description["divisor"]))
    if "head" in preset:
        network = pointnet2.Classification(head=narrowed(preset["head"], description["divisor"]), **options)
    else:
        up = narrowed(preset["up"], description["divisor"])
        network = pointnet2.Segmentation(up=up, categories=description.get("categories", 0), **options)
    return network.eval()
