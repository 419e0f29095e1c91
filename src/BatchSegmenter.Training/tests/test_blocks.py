import unittest

import numpy as np
import torch

from batchsegmenter_training.blocks import Batch, Block, BlockError
from tests.fake_blocks import SMALL, make_block


class BlockTests(unittest.TestCase):
    def setUp(self):
        self.tensors = make_block(SMALL, 60, np.random.default_rng(0))

    def test_what_does_not_fit_is_named_with_what_was_expected(self):
        for name, change, message in [
                ("samples_2", lambda a: None, "'samples_2' is missing"),
                ("features", lambda a: a[:, :3], r"\[60, 3\]; float32 \[60, 4\] was expected"),
                ("neighbors_1_1", lambda a: a[:, 1:], r"int32 \[15, 12\] was expected"),
                ("neighbors_1_0", lambda a: a + 60, "indices 6[0-9] to .*; 0 to 59"),
                ("nearest_1", lambda a: a - 100, "0 to 14 was expected"),
                ("weights_2", lambda a: a.astype(np.float64), "float64"),
                ("targets", lambda a: a * 0 + 3, "3 to 3; -1 to 2 was expected")]:
            tensors = dict(self.tensors)
            tensors[name] = change(tensors[name])
            if tensors[name] is None:
                del tensors[name]
            with self.assertRaisesRegex(BlockError, message):
                Block(tensors, SMALL)

    def test_a_batch_shifts_indices_by_the_points_of_the_level_that_they_point_into(self):
        other = make_block(SMALL, 40, np.random.default_rng(1))
        batch = Batch([Block(self.tensors, SMALL), Block(other, SMALL)], SMALL)
        self.assertEqual([len(level) for level in batch.positions], [100, 25, 8])
        np.testing.assert_array_equal(batch.neighbors[0][1].index[15 * 12:], other["neighbors_1_1"].reshape(-1) + 60)
        np.testing.assert_array_equal(batch.neighbors[1][0].index[5 * 8:], other["neighbors_2_0"].reshape(-1) + 15)
        np.testing.assert_array_equal(batch.nearest[0].index[60 * 3:], other["nearest_1"].reshape(-1) + 15)
        np.testing.assert_array_equal(batch.nearest[1].index[15 * 3:], other["nearest_2"].reshape(-1) + 5)
        second = batch.positions[1][15:]
        np.testing.assert_array_equal(second, other["positions"][other["samples_1"]])

    def test_the_transpose_lists_each_use_of_each_row_once(self):
        batch = Batch([Block(self.tensors, SMALL), Block(self.tensors, SMALL)], SMALL)
        gather = batch.neighbors[0][0]
        ends = torch.cat([gather.starts[1:], torch.tensor([len(gather.order)])])
        for row in range(120):
            uses = gather.order[gather.starts[row]:ends[row]].long()
            expected = (gather.index == row).nonzero().view(-1)
            np.testing.assert_array_equal(uses.sort().values, expected)


if __name__ == "__main__":
    unittest.main()
