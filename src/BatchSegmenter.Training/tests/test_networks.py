"""The fast network against the definition written out in plain PyTorch: scores, statistics and gradients."""

import unittest

import numpy as np
import torch
import torch.nn.functional as F

from batchsegmenter_training.blocks import Batch, Block
from batchsegmenter_training.kernels import dropout
from batchsegmenter_training.networks import PointNet2
from tests.fake_blocks import LARGE, SMALL, make_block


def plain(network, architecture, block, training):
    """One block as the contract says it: concat, linear, norm, ReLU, max; concat(skip, interpolated); head."""
    tensors = {name: torch.from_numpy(np.array(array)) for name, array in block.tensors.items()}

    def mlp(layers, x):
        for layer in layers:
            x = layer.linear(x)
            if hasattr(layer, "norm"):
                norm = layer.norm
                mean, var = norm.running_mean.clone(), norm.running_var.clone()
                flat = F.batch_norm(x.reshape(-1, x.shape[-1]), mean, var, norm.weight, norm.bias, training, 0.1, 1e-5)
                x = flat.view_as(x).relu()
        return x

    positions, features = tensors["positions"], [tensors["features"]]
    for number, level in enumerate(architecture["levels"], 1):
        centres = positions[tensors[f"samples_{number}"].long()]
        pooled = []
        for scale, entry in enumerate(level["scales"]):
            index = tensors[f"neighbors_{number}_{scale}"].long()
            offsets = positions[index] - centres[:, None]
            if level.get("relativeByRadius"):
                offsets = offsets / entry["radius"]
            grouped = torch.cat([offsets, features[-1][index]], 2)
            pooled.append(mlp(network.levels[number - 1][scale], grouped).max(1).values)
        features.append(torch.cat(pooled, 1))
        positions = centres
    x = features.pop()
    for step, entry in enumerate(architecture["propagation"]):
        level = len(architecture["levels"]) - step
        x = (x[tensors[f"nearest_{level}"].long()] * tensors[f"weights_{level}"][:, :, None]).sum(1)
        skip = features.pop()
        x = mlp(network.propagation[step], torch.cat([skip, x], 1) if entry["skip"] else x)
    return mlp(network.head, x)


def scrambled(architecture, seed=1):
    """A network whose norms are not at their start: some scales are negative, statistics are anything."""
    torch.manual_seed(seed)
    network = PointNet2({**architecture, "dropout": 0.0})
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if "norm.weight" in name:
                value.uniform_(-0.5, 1.5)
            elif "norm.bias" in name or "running_mean" in name:
                value.normal_(0, 0.3)
            elif "running_var" in name:
                value.uniform_(0.5, 2)
    return network


class NetworkTests(unittest.TestCase):
    def setUp(self):
        random = np.random.default_rng(3)
        self.blocks = [Block(make_block(SMALL, points, random), SMALL) for points in (300, 200, 7)]

    def test_scores_of_a_batch_equal_the_plain_network_block_by_block(self):
        network = scrambled(SMALL).eval()
        with torch.no_grad():
            scores = network(Batch(self.blocks, SMALL))
            expected = torch.cat([plain(network, SMALL, block, False) for block in self.blocks])
        self.assertEqual(tuple(scores.shape), (507, 3))
        self.assertLess(float((scores - expected).abs().max()), 1e-4)

    def test_the_advised_architecture_agrees_too(self):
        block = Block(make_block(LARGE, 600, np.random.default_rng(5)), LARGE)
        network = scrambled(LARGE).eval()
        with torch.no_grad():
            difference = network(Batch([block], LARGE)) - plain(network, LARGE, block, False)
        self.assertLess(float(difference.abs().max()), 1e-3)

    def test_training_scores_and_gradients_equal_autograd_of_the_plain_network(self):
        network = scrambled(SMALL).double().train()
        block = self.blocks[0]
        block.tensors = {n: a.astype(np.float64) if a.dtype == np.float32 else a for n, a in block.tensors.items()}
        targets = torch.from_numpy(block.tensors["targets"]).long()
        gradients = []
        for scores in (plain(network, SMALL, block, True), network(Batch([block], SMALL))):
            network.zero_grad()
            F.cross_entropy(scores, targets, ignore_index=-1).backward()
            gradients.append({name: p.grad.clone() for name, p in network.named_parameters()})
        for name, expected in gradients[0].items():
            self.assertGreater(float(expected.abs().max()), 0, name)
            self.assertLess(float((gradients[1][name] - expected).abs().max()), 1e-8, name)

    def test_running_statistics_move_as_those_of_batch_norm(self):
        torch.manual_seed(0)
        network = PointNet2(SMALL, momentum=0.3).train()
        norm = network.propagation[1][1].norm
        expected = torch.nn.BatchNorm1d(16, momentum=0.3).train()
        x = torch.randn(50, 16) * 3 + 1
        self.assertLess(float((norm(x) - expected(x).relu()).abs().max()), 1e-5)
        self.assertLess(float((norm.running_mean - expected.running_mean).abs().max()), 1e-6)
        self.assertLess(float((norm.running_var - expected.running_var).abs().max()), 1e-5)

    def test_parameters_have_the_names_and_shapes_of_the_contract(self):
        shapes = {name: tuple(value.shape) for name, value in PointNet2(SMALL).state_dict().items()}
        self.assertEqual(shapes["levels.0.1.0.linear.weight"], (8, 7))
        self.assertEqual(shapes["levels.1.0.0.linear.weight"], (16, 31))
        self.assertEqual(shapes["propagation.0.0.linear.weight"], (24, 52))
        self.assertEqual(shapes["propagation.1.0.linear.weight"], (16, 24))
        self.assertEqual(shapes["head.1.linear.bias"], (3,))
        self.assertEqual({name.split(".")[-1] for name in shapes}, {"weight", "bias", "running_mean", "running_var"})
        self.assertNotIn("head.0.linear.bias", shapes)

    def test_dropout_zeroes_its_share_and_keeps_the_mean(self):
        torch.manual_seed(0)
        y = dropout(torch.ones(1000, 33), 0.25)
        self.assertEqual(sorted(set(y.view(-1).tolist())), [0.0, float(np.float32(256 / 192))])
        self.assertAlmostEqual(float((y == 0).float().mean()), 0.25, delta=0.01)
        self.assertAlmostEqual(float(y.mean()), 1.0, delta=0.01)
        self.assertLess(float((y == 0).float().mean(0).std()), 0.03)
        x = torch.ones(3)
        self.assertIs(dropout(x, 0.0), x)

    def test_an_unknown_type_is_refused_by_its_name(self):
        with self.assertRaisesRegex(ValueError, "'transformer'"):
            PointNet2({**SMALL, "type": "transformer"})


if __name__ == "__main__":
    unittest.main()
