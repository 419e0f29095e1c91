"""The command as users start it, on a made-up stream that can be learnt in seconds."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import torch

from batchsegmenter_training import safetensors
from batchsegmenter_training.blocks import Batch, Block
from batchsegmenter_training.networks import PointNet2
from tests.fake_blocks import SMALL

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PRODUCER = f"{sys.executable} -m tests.fake_blocks --small --points 400 --blocks 8 --epochs 200 --distinct 16"


class FitTests(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.out = os.path.join(self._folder.name, "model.safetensors")
        self.log = os.path.join(self._folder.name, "log.jsonl")

    def fit(self, *arguments, blocks=PRODUCER, **keywords):
        command = [sys.executable, "-m", "batchsegmenter_training", "fit", "--out", self.out, "--threads", "1", *arguments]
        if blocks:
            command += ["--blocks", blocks]
        return subprocess.run(command, cwd=FOLDER, capture_output=True, timeout=300, **keywords)

    def test_a_network_learns_and_its_checkpoint_and_golden_file_hold_what_the_contract_says(self):
        result = self.fit("--steps", "79", "--rate", "0.01", "--average", "0.95", "--log", self.log, "--lovasz")
        self.assertEqual(result.returncode, 0, result.stderr)
        weights, metadata = safetensors.load(self.out)
        self.assertEqual(json.loads(metadata["architecture"]), SMALL)
        self.assertEqual(json.loads(metadata["bundle"])["classes"], ["ground", "vegetation", "building"])
        recipe = json.loads(metadata["recipe"])
        self.assertEqual((recipe["train"], recipe["seed"], recipe["blocks"]), (["a.laz"], 0, PRODUCER))
        best = json.loads(metadata["metrics"])["best"]
        self.assertEqual(sorted(best["validation"]["files"]), ["v0.laz", "v1.laz"])
        self.assertGreater(best["validation"]["meanOverFiles"], 0.6)
        with open(self.log, encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
        self.assertEqual([record["epoch"] for record in records], [*range(1, 40), 39])
        self.assertEqual(records[-1]["step"], 79)
        self.assertEqual(best["validation"]["meanOverFiles"], max(r["validation"]["meanOverFiles"] for r in records))

        network = PointNet2(SMALL).eval()
        network.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in weights.items()})
        golden, _ = safetensors.load(self.out.replace(".safetensors", ".golden.safetensors"))
        for number in (0, 1):
            tensors = {n.split(".", 2)[2]: a for n, a in golden.items() if n.startswith(f"golden.{number}.")}
            self.assertNotIn("targets", tensors)
            expected = tensors.pop("scores")
            with torch.no_grad():
                scores = network(Batch([Block(tensors, SMALL)], SMALL)).numpy()
            np.testing.assert_allclose(scores, expected, atol=1e-5)

    def test_the_same_seed_gives_the_same_weights_and_another_seed_others(self):
        found = []
        for seed in ("4", "4", "5"):
            self.assertEqual(self.fit("--steps", "6", "--seed", seed).returncode, 0)
            found.append(safetensors.load(self.out)[0]["head.0.linear.weight"].copy())
        np.testing.assert_array_equal(found[0], found[1])
        self.assertGreater(np.abs(found[0] - found[2]).max(), 1e-3)

    def test_the_stream_is_read_from_standard_input_and_its_early_end_is_told(self):
        stream = subprocess.run(
            PRODUCER.replace("--epochs 200", "--epochs 2").split(), cwd=FOLDER, capture_output=True, check=True).stdout
        result = self.fit("--steps", "100", blocks=None, input=stream)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(b"the stream ended at 4% of the budget", result.stderr)
        self.assertTrue(os.path.exists(self.out))

    def test_fine_tuning_starts_from_the_weights_given(self):
        self.assertEqual(self.fit("--steps", "30", "--rate", "0.01").returncode, 0)
        first = safetensors.load(self.out)[0]
        result = self.fit("--steps", "1", "--rate", "1e-9", "--average", "0", "--init", self.out)
        self.assertEqual(result.returncode, 0, result.stderr)
        second = safetensors.load(self.out)[0]
        for name in first:
            if "running" not in name:
                np.testing.assert_allclose(first[name], second[name], atol=1e-6)

    def test_patience_ends_a_run_that_gets_no_better(self):
        result = self.fit("--steps", "100000", "--rate", "1e-12", "--patience", "2", "--average", "0", "--momentum", "1e-9")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr.count(b"epoch "), 3)

    def test_minutes_end_a_run_on_time(self):
        result = self.fit("--minutes", "0.03", "--validate-every", "7", "--log", self.log)
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(self.log, encoding="utf-8") as file:
            self.assertLess(json.loads(file.readlines()[-1])["rate"], 5e-4)

    def test_failures_are_one_line_with_the_numbers_and_exit_1(self):
        for blocks, message in [
                ("exit 3", b"end of stream"), ("echo Building the blocks", b"something else write"),
                (PRODUCER.replace("--epochs 200", "--epochs 1") + "; exit 7", b"exit code 7")]:
            result = self.fit("--steps", "100", blocks=blocks)
            self.assertEqual(result.returncode, 1)
            self.assertIn(message, result.stderr)
            self.assertNotIn(b"Traceback", result.stderr)

    def test_no_budget_is_a_usage_error(self):
        self.assertEqual(self.fit(blocks=None).returncode, 2)


if __name__ == "__main__":
    unittest.main()
