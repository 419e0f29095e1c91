"""
python3 check.py: do the committed checkpoints still give the golden scores, and does a fresh run make the same files?
python3 check.py CHECKPOINT GOLDEN: does this checkpoint give these scores?
"""

import argparse
import json
import pathlib
import sys
import tempfile

import numpy
import torch

import containers
from cases import CASES
from make_golden import make, run
from networks import build

FOLDER = pathlib.Path(__file__).parent / "golden"
TOLERANCE = 1e-4


def of_checkpoint(checkpoint, golden):
    """The greatest difference between the golden scores and those of the checkpoint's network; the description lies beside the scores."""
    network = build(json.loads(golden.with_suffix(".json").read_text()))
    network.load_state_dict(containers.load(checkpoint))
    arrays = numpy.load(golden)
    return abs(run(network, [arrays[name] for name in ("points", "category") if name in arrays]) - arrays["scores"]).max()


def of_fresh(case, scratch, golden):
    """The greatest difference between the golden arrays and those of a fresh run; descriptions must be equal."""
    make(case, scratch)
    fresh = scratch / golden.name
    if json.loads(fresh.with_suffix(".json").read_text()) != json.loads(golden.with_suffix(".json").read_text()):
        raise SystemExit(f"{case['name']}: the description has changed; make the golden files anew")
    old, new = numpy.load(golden), numpy.load(fresh)
    return max(abs(old[name] - new[name]).max() for name in old.files)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="a checkpoint and its golden file")
    files = parser.parse_args().files
    torch.set_num_threads(1)
    if files:
        differences = [of_checkpoint(*files)]
    else:
        differences = []
        with tempfile.TemporaryDirectory() as scratch:
            for case in CASES:
                golden = FOLDER / (case["name"] + ".npz")
                checkpoint = FOLDER / json.loads(golden.with_suffix(".json").read_text())["checkpoint"]
                pair = of_checkpoint(checkpoint, golden), of_fresh(case, pathlib.Path(scratch), golden)
                print(f"{case['name']}: committed {pair[0]:.1e}, fresh {pair[1]:.1e}")
                differences += pair
    print(f"{len(differences)} comparisons, greatest difference {max(differences):.1e}, allowed {TOLERANCE:.0e}")
    sys.exit(0 if max(differences) <= TOLERANCE else 1)


if __name__ == "__main__":
    main()
