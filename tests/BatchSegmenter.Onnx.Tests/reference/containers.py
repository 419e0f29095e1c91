"""The containers in which checkpoints are handed round, and a reader for each."""

import json
import struct
from collections import OrderedDict

import numpy
import torch


def save(container, network, path):
    """Writes the network's parameters; see the README for what each container is."""
    state = network.state_dict()
    if container == "state":
        torch.save(state, path)
    elif container == "scene":
        # As the scene trainer saves: the metric is a numpy number, and the optimiser's state holds tensors of its own.
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
        first = next(network.parameters())
        first.grad = torch.ones_like(first)
        step(optimizer, first)
        torch.save({"epoch": 31, "class_avg_iou": numpy.float64(0.53), "model_state_dict": state,
                    "optimizer_state_dict": optimizer.state_dict()}, path)
    elif container in ("legacy", "legacy_half"):
        torch.save({"epoch": 7, "model_state_dict": state if container == "legacy" else halved(state)}, path,
                   _use_new_zipfile_serialization=False)
    elif container == "parallel":
        torch.save({"state_dict": OrderedDict(("module." + name, value) for name, value in state.items())}, path)
    elif container == "half":
        torch.save({"model": halved(state), "epoch": 99}, path)
    elif container == "safetensors":
        save_safetensors(state, path)
    elif container == "safetensors_half":
        save_safetensors(halved(state), path)
    else:
        raise ValueError(f"there is no container {container}")


def step(optimizer, parameter):
    """One step on one parameter, which is put back: the optimiser has a state afterwards and the network is as it was."""
    before = parameter.detach().clone()
    optimizer.step()
    with torch.no_grad():
        parameter.copy_(before)
    parameter.grad = None


def halved(state):
    """float32 as float16; counts stay int64."""
    return OrderedDict((name, value.half() if value.is_floating_point() else value) for name, value in state.items())


SAFETENSORS = {torch.float32: ("F32", "<f4"), torch.float16: ("F16", "<f2"), torch.int64: ("I64", "<i8")}


def load(path):
    """The parameters by name, float16 widened to float32 and `module.` taken off."""
    state = load_safetensors(path) if path.suffix == ".safetensors" else torch.load(path, map_location="cpu", weights_only=False)
    for key in ("model_state_dict", "state_dict", "model"):
        state = state.get(key, state)
    return {name[7:] if name.startswith("module.") else name: value.float() if value.is_floating_point() else value
            for name, value in state.items()}


def save_safetensors(state, path):
    """A little-endian uint64, a JSON header of that many bytes (padded with spaces to eight), then the tensors."""
    header, position = {"__metadata__": {"format": "pt"}}, 0
    for name, value in state.items():
        size = value.numel() * value.element_size()
        header[name] = {"dtype": SAFETENSORS[value.dtype][0], "shape": list(value.shape), "data_offsets": [position, position + size]}
        position += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in state.values():
            file.write(value.contiguous().numpy().tobytes())


def load_safetensors(path):
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header, data, state = json.loads(content[8:8 + length]), content[8 + length:], {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            kind = dict(SAFETENSORS.values())[entry["dtype"]]
            state[name] = torch.from_numpy(numpy.frombuffer(data[begin:end], kind).reshape(entry["shape"]).copy())
    return state
