"""Checkpoints: the weights with their description, and beside them the golden file that proves an import."""

import json
import os

import numpy as np
import torch

from . import safetensors
from .blocks import Batch


def save(path, weights, architecture, bundle, recipe, metrics):
    """Writes the weights (tensors by name) and the JSON metadata; the file appears whole or not at all."""
    arrays = {name: value.detach().numpy().astype(np.float32) for name, value in weights.items()}
    safetensors.save(path, arrays, {
        "format": "pt", "architecture": json.dumps(architecture), "bundle": json.dumps(bundle),
        "recipe": json.dumps(recipe), "metrics": json.dumps(metrics)})


def golden_path(path):
    """`model.safetensors` -> `model.golden.safetensors`."""
    return f"{os.path.splitext(path)[0]}.golden.safetensors"


def save_golden(path, network, architecture, blocks):
    """Stores the inputs of the golden blocks and the scores that the network gives them in evaluation mode."""
    network.eval()
    arrays = {}
    for number, block in enumerate(blocks):
        with torch.no_grad():
            scores = network(Batch([block], architecture))
        for name, array in block.tensors.items():
            if name not in ("targets", "point_weights"):
                arrays[f"golden.{number}.{name}"] = array
        arrays[f"golden.{number}.scores"] = scores.numpy()
    safetensors.save(golden_path(path), arrays, {"blocks": str(len(blocks))})


def restore(path, network):
    """Loads weights to go on from. The last layer is left as it is where the number of classes differs."""
    arrays, _ = safetensors.load(path)
    own = network.state_dict()
    last = f"head.{len(network.head) - 1}.linear."
    missing, unknown = sorted(own.keys() - arrays.keys()), sorted(arrays.keys() - own.keys())
    if missing or unknown:
        raise ValueError(f"{path}: tensors {missing[:4]} are missing and {unknown[:4]} are not part of the architecture")
    for name, value in own.items():
        found = arrays[name].shape
        if found == tuple(value.shape):
            value.copy_(torch.from_numpy(arrays[name].astype(np.float32)))
        elif not name.startswith(last):
            raise ValueError(f"{path}: '{name}' is {list(found)}; {list(value.shape)} was expected")
