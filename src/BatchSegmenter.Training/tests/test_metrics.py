import unittest

import torch

from batchsegmenter_training.metrics import Confusions


class ConfusionsTests(unittest.TestCase):
    def test_figures_by_hand(self):
        confusions = Confusions(3)
        confusions.add("a", torch.tensor([0, 0, 0, 1, -1]), torch.tensor([0, 0, 1, 1, 2]))
        confusions.add("b", torch.tensor([2, 2]), torch.tensor([2, 0]))
        summary = confusions.summary()
        self.assertEqual(summary["files"]["a"]["iou"], [0.6667, 0.5, None])
        self.assertAlmostEqual(summary["files"]["a"]["meanIoU"], (2 / 3 + 1 / 2) / 2)
        self.assertEqual(summary["files"]["b"]["iou"], [0.0, None, 0.5])
        self.assertEqual(summary["files"]["b"]["meanIoU"], 0.5)  # class 0 is not in its truth
        self.assertAlmostEqual(summary["meanOverFiles"], (7 / 12 + 1 / 2) / 2)
        self.assertEqual((summary["points"], summary["accuracy"]), (6, 0.6667))
        self.assertEqual(summary["iou"], [0.5, 0.5, 0.5])

    def test_only_the_scored_classes_count_in_the_mean(self):
        confusions = Confusions(3, [1])
        confusions.add("a", torch.tensor([0, 1, 1]), torch.tensor([2, 1, 0]))
        self.assertEqual(confusions.summary()["meanOverFiles"], 0.5)

    def test_nothing_measured_has_no_figures(self):
        self.assertIsNone(Confusions(3).summary()["meanOverFiles"])
        unlabelled = Confusions(3)
        unlabelled.add("a", torch.tensor([-1]), torch.tensor([0]))
        self.assertIsNone(unlabelled.summary()["meanOverFiles"])


if __name__ == "__main__":
    unittest.main()
