"""Golden blocks of a checkpoint that is there already: what PyTorch gives for blocks that may be passed on."""

import json
import sys

import torch

from . import checkpoints, safetensors
from .blocks import Block
from .networks import PointNet2
from .stream import Producer, StreamError, read_frames


def golden(options):
    """Writes `NAME.golden.safetensors` beside the checkpoint, from the golden blocks that the stream begins with."""
    torch.set_num_threads(1)
    _, metadata = safetensors.load(options.checkpoint)
    architecture = json.loads(metadata["architecture"])
    network = PointNet2(architecture)
    checkpoints.restore(options.checkpoint, network)
    producer = Producer(options.blocks) if options.blocks else None
    source = producer.file if producer else open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    blocks = []
    try:
        for frame, tensors in read_frames(source):
            if frame["kind"] == "block" and frame.get("split") == "golden":
                blocks.append(Block(tensors, architecture, frame.get("file", "")))
            elif frame["kind"] != "header":
                break
    finally:
        if producer:
            producer.close()
    if not blocks:
        raise StreamError("the stream has no golden blocks; name synthetic files with --golden")
    checkpoints.save_golden(options.checkpoint, network, architecture, blocks)
    return len(blocks)
