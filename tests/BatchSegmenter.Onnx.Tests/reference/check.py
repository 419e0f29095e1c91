"""Do committed checkpoints still give the golden scores? python3 check.py [CHECKPOINT GOLDEN] [--fresh DIR]"""

import argparse
import json
import pathlib
import sys

import numpy

import containers
from make_golden import run
from networks import build

GOLDEN = pathlib.Path(__file__).parent / "golden"
TOLERANCE = 1e-4


def inputs(arrays):
    return [arrays[name] for name in ("points", "category") if name in arrays]


def of_checkpoint(checkpoint, golden):
    """The greatest difference between the golden scores and those of the checkpoint's network."""
    network = build(json.loads(golden.with_suffix(".json").read_text()))
    network.load_state_dict(containers.load(checkpoint))
    arrays = numpy.load(golden)
    return abs(run(network, inputs(arrays)) - arrays["scores"]).max()


def of_fresh(fresh, golden):
    """The greatest difference between the golden inputs and scores and those just made."""
    old, new = numpy.load(golden), numpy.load(fresh)
    return max(abs(old[name] - new[name]).max() for name in old.files)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="a checkpoint and its golden file; without, all that are committed")
    parser.add_argument("--fresh", type=pathlib.Path, help="a folder that make_golden.py has just filled, to be compared too")
    options = parser.parse_args()
    if options.files:
        pairs = [tuple(options.files)]
    else:
        pairs = [(GOLDEN / json.loads(path.read_text())["checkpoint"], path.with_suffix(".npz")) for path in sorted(GOLDEN.glob("*.json"))]

    worst = 0.0
    for checkpoint, golden in pairs:
        differences = [of_checkpoint(checkpoint, golden)]
        if options.fresh:
            differences.append(of_fresh(options.fresh / golden.name, golden))
        print(golden.stem, *(f"{difference:.1e}" for difference in differences))
        worst = max(worst, *differences)
    print(f"checked {len(pairs)}, greatest difference {worst:.1e}")
    sys.exit(0 if pairs and worst <= TOLERANCE else 1)


if __name__ == "__main__":
    main()
