"""
How many times faster than the usual PyTorch code: the S3DIS-shaped PointNet++ (one scale, 13 classes, blocks of 4096 points) with the same
weights, the same blocks and the same number of threads, neighbourhoods included on both sides; and than the same code exported to ONNX (sampling
a scripted loop) and run by ONNX Runtime. Prints a table, or JSON with --json.

    /usr/bin/python3 tests/BatchSegmenter.Benchmarks/pytorch_ratio.py [--threads 1,2] [--rounds 3] [--seconds 8] [--json]

Needs python3-torch and python3-numpy, and `dotnet build src/BatchSegmenter -c Release` before. PyTorch takes all threads for one block; so does the exported network;
ours runs as many sessions of one thread. Every round measures each once, so that what disturbs the machine disturbs all.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
REFERENCE = HERE.parent / "BatchSegmenter.Onnx.Tests" / "reference"
POINTS, BLOCKS, CASE = 4096, 4, "full_sem_seg"
# Freed tensors stay with the process, instead of going back to the system and being cleared page by page when they are wanted again.
TUNED = {"MALLOC_MMAP_THRESHOLD_": str(4 << 30), "MALLOC_TRIM_THRESHOLD_": str(8 << 30)}


def program():
    found = sorted((ROOT / "src/BatchSegmenter/bin/Release/net10.0").glob("*/batchsegmenter.dll"))
    if not found:
        sys.exit("batchsegmenter is not built: dotnet build src/BatchSegmenter -c Release")
    return ["dotnet", str(found[0])]


def prepare(folder):
    """The checkpoint with random parameters, blocks with the scores of the plain reference, and the bundle converted from the checkpoint."""
    sys.path.insert(0, str(REFERENCE))
    import numpy
    import torch

    import clouds
    from networks import build

    subprocess.run([sys.executable, REFERENCE / "make_golden.py", "--full", "--only", CASE, "--out", folder], check=True, stdout=subprocess.DEVNULL)
    description = json.loads((folder / f"{CASE}.json").read_text())
    network = build(description)
    network.load_state_dict(torch.load(folder / f"{CASE}.pth", map_location="cpu")["model_state_dict"])
    points = clouds.batch(clouds.room, numpy.random.RandomState(7), BLOCKS, POINTS, description["channels"], 0.25)
    with torch.no_grad():
        scores = numpy.concatenate([network(torch.from_numpy(block[None])).numpy() for block in points])
    numpy.savez(folder / "blocks.npz", points=points, scores=numpy.ascontiguousarray(scores))
    subprocess.run(
        [*program(), "model", "convert", folder / f"{CASE}.pth", "--preset", "s3dis", "--golden", folder / "blocks.npz",
         "--out", folder / "bundle"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(
        [sys.executable, HERE / "exported_pytorch.py", folder / f"{CASE}.pth", folder / f"{CASE}.json", folder / "blocks.npz", folder / "exported.onnx"],
        check=True, stdout=subprocess.DEVNULL)
    exported = json.loads((folder / "bundle" / "model.json").read_text())
    exported["neighbourhoods"] = "inside"
    exported["architecture"] = dict(type="onnx", features=description["channels"], classes=description["classes"], input="points", layout="pointsFirst")
    (folder / "exported.json").write_text(json.dumps(exported))
    subprocess.run(
        [*program(), "model", "pack", folder / "exported.onnx", "--description", folder / "exported.json", "--out", folder / "exported"],
        check=True, stdout=subprocess.DEVNULL)


def pytorch(folder, threads, seconds, tuned):
    """Seconds and processor seconds per block."""
    result = json.loads(subprocess.run(
        [sys.executable, HERE / "usual_pytorch.py", folder / f"{CASE}.pth", folder / f"{CASE}.json", folder / "blocks.npz", str(threads), str(seconds)],
        check=True, stdout=subprocess.PIPE, env={**os.environ, **(TUNED if tuned else {})}).stdout)
    return result["seconds"], result["cpuSeconds"], result["agreement"]


def bench(bundle, folder, sessions, threads, seconds, stage):
    """Seconds and processor seconds per block, of sessions side by side: each run's time over the number of sessions."""
    report = json.loads(subprocess.run(
        [*program(), "model", "bench", folder / bundle, "--blocks", folder / "blocks.npz", "--sessions", str(sessions), "--threads", str(threads), "--batches", "1",
         "--seconds", str(seconds), "--rounds", "1", "--json"], check=True, stdout=subprocess.PIPE).stdout)
    measured = report["measurements"][0][stage]
    return measured["seconds"]["p50"] / sessions, measured["cpuSecondsPerBlock"]


def compare(folder, threads, rounds, seconds):
    times = {name: ([], []) for name in ("default", "tuned", "exported", "ours")}
    agreement = 1.0
    for _ in range(rounds):
        for name in ("default", "tuned"):
            wall, cpu, agreement = pytorch(folder, threads, seconds, name == "tuned")
            times[name][0].extend(wall)
            times[name][1].extend(cpu)
        for name, (wall, cpu) in dict(exported=bench("exported", folder, 1, threads, seconds / 2, "network"), ours=bench("bundle", folder, threads, 1, seconds / 2, "together")).items():
            times[name][0].append(wall)
            times[name][1].append(cpu)
    row = {"threads": threads, "labelsAgree": agreement}
    for name, (wall, cpu) in times.items():
        row[name] = dict(secondsPerBlock=statistics.median(wall), cpuSecondsPerBlock=statistics.median(cpu), pointsPerSecond=POINTS / statistics.median(wall))
    for name in ("default", "tuned", "exported"):
        row[f"ratioTo{name.capitalize()}"] = row[name]["secondsPerBlock"] / row["ours"]["secondsPerBlock"]
        row[f"cpuRatioTo{name.capitalize()}"] = row[name]["cpuSecondsPerBlock"] / row["ours"]["cpuSecondsPerBlock"]
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", default="1,2", help="numbers of threads, with commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8, help="of each measurement of a round")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="batchsegmenter-ratio-") as name:
        folder = pathlib.Path(name)
        prepare(folder)
        load = os.getloadavg()[0]
        rows = [compare(folder, int(threads), options.rounds, options.seconds) for threads in options.threads.split(",")]
    if options.json:
        print(json.dumps(dict(load=[load, os.getloadavg()[0]], rows=rows), indent=2))
        return
    print(f"load of the machine {load:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores; medians, milliseconds per block of {POINTS} points")
    names = dict(default="PyTorch", tuned="malloc tuned", exported="exported", ours="ours")
    print(f"{'threads':>7}" + "".join(f"{title:>18}" for title in names.values()) + "".join(f"{'times ' + title:>20}" for title in list(names.values())[:-1]) + "   (in brackets: by processor time)")
    for row in rows:
        cells = [f"{1e3 * row[name]['secondsPerBlock']:.1f} ({1e3 * row[name]['cpuSecondsPerBlock']:.1f})" for name in names]
        ratios = [f"{row['ratioTo' + name]:.1f} ({row['cpuRatioTo' + name]:.1f})" for name in ("Default", "Tuned", "Exported")]
        print(f"{row['threads']:>7}" + "".join(f"{cell:>18}" for cell in cells) + "".join(f"{ratio:>20}" for ratio in ratios) + f"   labels agree {row['labelsAgree']:.4f}")


if __name__ == "__main__":
    main()
