import io
import threading
import unittest

import numpy as np

from batchsegmenter_training.stream import Prefetch, Producer, StreamError, read_frames, write_frame


def stream(*frames):
    file = io.BytesIO()
    for metadata, tensors in frames:
        write_frame(file, metadata, tensors)
    return file.getvalue()


class Dribble(io.RawIOBase):
    """Gives out at most three bytes per read, as a pipe may."""

    def __init__(self, content):
        self._file = io.BytesIO(content)

    def readinto(self, buffer):
        return self._file.readinto(memoryview(buffer)[:3])


class StreamTests(unittest.TestCase):
    def test_frames_come_whole_and_in_order_however_the_bytes_arrive(self):
        content = stream(({"kind": "header"}, None), ({"kind": "block"}, {"targets": np.arange(5, dtype=np.int32)}))
        for file in (io.BytesIO(content), Dribble(content)):
            (header, _), (block, tensors) = read_frames(file)
            self.assertEqual((header["kind"], block["kind"]), ("header", "block"))
            np.testing.assert_array_equal(tensors["targets"], np.arange(5))

    def test_an_empty_stream_has_no_frames(self):
        self.assertEqual(list(read_frames(io.BytesIO())), [])

    def test_damage_is_named_with_its_frame_and_byte(self):
        good = stream(({"kind": "header"}, None))
        for content, message in [
                (good + good[:5], f"frame 1 at byte {len(good)}: the stream ends after 5 of the 8"),
                (good[:-1], "frame 0 at byte 0: the stream ends after"),
                (b"Building blocks\n", "something else write"),
                (stream(({"x": "y"}, None)), "no 'kind'")]:
            with self.assertRaisesRegex(StreamError, message):
                list(read_frames(io.BytesIO(content)))

    def test_prefetch_keeps_the_order_and_hands_errors_on(self):
        self.assertEqual(list(Prefetch(range(100), 3)), list(range(100)))

        def broken():
            yield 1
            raise StreamError("torn")
        items = iter(Prefetch(broken(), 3))
        self.assertEqual(next(items), 1)
        with self.assertRaisesRegex(StreamError, "torn"):
            next(items)

    def test_prefetch_reads_no_further_than_its_capacity_and_ends_when_closed(self):
        taken, third = [], threading.Event()

        def endless():
            number = 0
            while True:
                taken.append(number)
                if number == 2:
                    third.set()
                yield number
                number += 1
        prefetch = Prefetch(endless(), 2)
        self.assertTrue(third.wait(10))
        self.assertLessEqual(len(taken), 3)
        self.assertTrue(prefetch.close())

    def test_a_failed_producer_is_told_with_its_exit_code(self):
        producer = Producer("exit 3")
        self.assertEqual(list(read_frames(producer.file)), [])
        with self.assertRaisesRegex(StreamError, "exit code 3"):
            producer.check()
        producer.close()

    def test_an_endless_producer_ends_when_the_pipe_is_closed(self):
        producer = Producer("yes")
        producer.close()
        self.assertNotEqual(producer._process.poll(), None)


if __name__ == "__main__":
    unittest.main()
