import itertools
import unittest

import torch
import torch.nn.functional as F

from batchsegmenter_training.losses import ClassCounts, cross_entropy, lovasz_softmax


class LossTests(unittest.TestCase):
    def test_class_weights_follow_the_root_of_the_frequency_up_to_the_cap(self):
        counts = ClassCounts(4)
        counts.add(torch.tensor([0] * 400 + [1] * 100 + [2] + [-1] * 50))
        self.assertEqual(counts.weights().tolist(), [1, 2, 5, 5])
        counts.add(torch.tensor([1] * 300))
        self.assertEqual(counts.weights().tolist()[1], 1)

    def test_cross_entropy_is_that_of_torch_and_point_weights_count_points_as_often(self):
        torch.manual_seed(0)
        scores, targets, weights = torch.randn(9, 3), torch.tensor([0, 1, 2, -1, 0, 1, 2, -1, 0]), torch.tensor([1.0, 2, 5])
        # without smoothing the weighted mean is torch's own
        self.assertAlmostEqual(
            float(cross_entropy(scores, targets, weights, 0.0)),
            float(F.cross_entropy(scores, targets, weights, ignore_index=-1)), places=6)
        self.assertAlmostEqual(
            float(cross_entropy(scores, targets, weights, 0.1)),
            float(F.cross_entropy(scores, targets, weights, ignore_index=-1, label_smoothing=0.1)), places=6)
        times = torch.tensor([1, 2, 0, 3, 1, 1, 1, 1, 4])
        repeated = cross_entropy(scores.repeat_interleave(times, 0), targets.repeat_interleave(times), weights, 0.1)
        self.assertAlmostEqual(float(cross_entropy(scores, targets, weights, 0.1, times.float())), float(repeated), places=6)

    def test_no_targets_give_zero_and_not_nan(self):
        scores, targets = torch.randn(3, 2, requires_grad=True), torch.full((3,), -1)
        loss = cross_entropy(scores, targets, torch.ones(2), 0.1) + lovasz_softmax(scores, targets)
        loss.backward()
        self.assertEqual(float(loss), 0)
        self.assertEqual(float(scores.grad.abs().max()), 0)

    def test_lovasz_is_the_jaccard_loss_where_the_scores_are_certain(self):
        for labels in itertools.product(range(2), repeat=4):
            truth = torch.tensor([0, 0, 1, 1, -1])
            scores = F.one_hot(torch.tensor([*labels, 0]), 2) * 200.0
            predicted = torch.tensor(labels)
            expected = 0.0
            for c in (0, 1):
                both = ((predicted == c) & (truth[:4] == c)).sum()
                either = ((predicted == c) | (truth[:4] == c)).sum()
                expected += float(1 - both / either) / 2
            self.assertAlmostEqual(float(lovasz_softmax(scores, truth)), expected, places=5)


if __name__ == "__main__":
    unittest.main()
