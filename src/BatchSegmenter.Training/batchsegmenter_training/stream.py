"""The stream of training blocks: repeated (uint64 little-endian length, one safetensors frame of that length)."""

import queue
import subprocess
import threading
import time

from . import safetensors

LARGEST_FRAME = 1 << 32  # text that strayed into the stream reads as a length far above this


class StreamError(ValueError):
    """The stream breaks the format; the message says at which frame and byte."""


def read_frames(file):
    """Yields (metadata, tensors) for each frame until the stream ends at a frame boundary."""
    offset, number = 0, 0
    while True:
        prefix = bytearray(8)
        got = _fill(file, prefix)
        if got == 0:
            return
        if got < 8:
            raise StreamError(f"frame {number} at byte {offset}: the stream ends after {got} of the 8 bytes of its length")
        length = int.from_bytes(prefix, "little")
        if not 8 <= length <= LARGEST_FRAME:
            raise StreamError(
                f"frame {number} at byte {offset}: length {length} (bytes {bytes(prefix)!r}) is not between 8 and "
                f"{LARGEST_FRAME}; does something else write to the producer's standard output?")
        frame = bytearray(length)
        got = _fill(file, frame)
        if got < length:
            raise StreamError(f"frame {number} at byte {offset}: the stream ends after {got} of {length} bytes")
        try:
            tensors, metadata = safetensors.parse(frame)
        except safetensors.SafetensorsError as error:
            raise StreamError(f"frame {number} at byte {offset}: {error}") from None
        if "kind" not in metadata:
            raise StreamError(f"frame {number} at byte {offset}: its metadata has no 'kind' (keys: {sorted(metadata)})")
        yield metadata, tensors
        offset += 8 + length
        number += 1


def write_frame(file, metadata, tensors=None):
    """Writes one frame; what a producer does, for tests and tools."""
    frame = safetensors.serialize(tensors or {}, metadata)
    file.write(len(frame).to_bytes(8, "little"))
    file.write(frame)


def _fill(file, buffer):
    view, got = memoryview(buffer), 0
    while got < len(view):
        read = file.readinto(view[got:])
        if not read:
            break
        got += read
    return got


class Producer:
    """The command that writes the stream, run as a child; closing it breaks the pipe, which it takes as a clean end."""

    def __init__(self, command):
        self.command = command
        self._process = subprocess.Popen(
            command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0, pipesize=1 << 20)
        self.file = self._process.stdout

    def check(self):
        """Raises if the command failed; call it when the stream has ended by itself."""
        code = self._process.wait()
        if code != 0:
            raise StreamError(f"the producer '{self.command}' ended with exit code {code}")

    def close(self, patience=10.0):
        """Closes the pipe and waits for the command to end; one that does not within the seconds given is ended."""
        self.file.close()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.end()

    def end(self):
        """Ends the command at once, which also wakes a reader that waits for it."""
        self._process.terminate()
        self._process.wait()


class Prefetch:
    """Runs an iterable in a thread with a bounded queue, so that reading overlaps with training; keeps the order."""

    _END = object()

    def __init__(self, items, capacity):
        self._queue = queue.Queue(capacity)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(items,), daemon=True)
        self._thread.start()

    def __iter__(self):
        while True:
            item, error = self._queue.get()
            if error is not None:
                raise error
            if item is self._END:
                return
            yield item

    def close(self, patience=10.0):
        """Lets the thread end after the item it is at and drops what it has read; False if it still waits for its source."""
        self._stop.set()
        deadline = time.monotonic() + patience
        while self._thread.is_alive() and time.monotonic() < deadline:
            try:
                self._queue.get(timeout=0.05)
            except queue.Empty:
                pass
        return not self._thread.is_alive()

    def _run(self, items):
        try:
            for item in items:
                self._queue.put((item, None))
                if self._stop.is_set():
                    return
            self._queue.put((self._END, None))
        except Exception as error:  # handed to the consumer, which raises it in its own thread
            self._queue.put((None, error))
