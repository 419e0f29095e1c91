import os
import tempfile
import unittest

import numpy as np

from batchsegmenter_training import safetensors


class SafetensorsTests(unittest.TestCase):
    def test_what_is_written_is_read_back(self):
        tensors = {
            "a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([1, -2], np.int32),
            "turned": np.arange(6, dtype=np.int64).reshape(2, 3).T, "empty": np.zeros((0, 3), np.float32), "one": np.float64(7)}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.safetensors")
            safetensors.save(path, tensors, {"kind": "test"})
            self.assertEqual(os.listdir(folder), ["x.safetensors"])
            found, metadata = safetensors.load(path)
        self.assertEqual(metadata, {"kind": "test"})
        self.assertEqual(list(found), list(tensors))
        for name, array in tensors.items():
            np.testing.assert_array_equal(found[name], array)
            self.assertEqual(found[name].shape, np.shape(array))

    def test_the_bytes_are_those_of_the_format(self):
        content = safetensors.serialize({"t": np.array([1.0], np.float32)})
        header = b'{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
        header += b" " * (-len(header) % 8)
        self.assertEqual(content, len(header).to_bytes(8, "little") + header + b"\x00\x00\x80\x3f")

    def test_damage_is_named(self):
        good = safetensors.serialize({"t": np.zeros(4, np.float32)})
        for content, message in [
                (b"abc", "3 bytes are too few"), (b"\xff" * 16, "was announced"), (good[:-1], "tensor 't': 16 bytes"),
                (good.replace(b"{", b"[", 1), "not JSON"), (good.replace(b"F32", b"F99"), "tensor 't'"),
                (good.replace(b"[4]", b"[5]"), "20 bytes were expected")]:
            with self.assertRaisesRegex(safetensors.SafetensorsError, message):
                safetensors.parse(content)

    def test_a_type_that_the_format_lacks_is_refused(self):
        with self.assertRaisesRegex(safetensors.SafetensorsError, "complex64"):
            safetensors.serialize({"t": np.zeros(1, np.complex64)})


if __name__ == "__main__":
    unittest.main()
