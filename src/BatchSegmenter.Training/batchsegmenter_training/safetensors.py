"""Reads and writes the safetensors format: a uint64 length, a JSON header, then the tensors' bytes (all little-endian)."""

import json
import os

import numpy as np

_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1",
}
_NAMES = {np.dtype(code): name for name, code in _DTYPES.items()}


class SafetensorsError(ValueError):
    """The bytes are not what the format demands; the message says where, what was found and what was expected."""


def parse(buffer):
    """Splits the bytes of one file or frame into (tensors by name, metadata); the arrays are views of the buffer."""
    view = memoryview(buffer).cast("B")
    if len(view) < 8:
        raise SafetensorsError(f"{len(view)} bytes are too few: 8 bytes of header length were expected")
    length = int.from_bytes(view[:8], "little")
    if length > len(view) - 8:
        raise SafetensorsError(f"byte 0: a header of {length} bytes was announced, but only {len(view) - 8} bytes follow")
    try:
        header = json.loads(bytes(view[8:8 + length]))
    except ValueError as error:
        raise SafetensorsError(f"byte 8: the header of {length} bytes is not JSON: {error}") from None
    if not isinstance(header, dict):
        raise SafetensorsError(f"byte 8: the header is a JSON {type(header).__name__}, an object was expected")
    metadata = header.pop("__metadata__", {})
    data = view[8 + length:]
    return {name: _tensor(name, entry, data) for name, entry in header.items()}, metadata


def _tensor(name, entry, data):
    try:
        dtype, shape, (begin, end) = np.dtype(_DTYPES[entry["dtype"]]), tuple(entry["shape"]), entry["data_offsets"]
        size = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
    except (KeyError, TypeError, ValueError) as error:
        raise SafetensorsError(f"tensor '{name}': its header entry {entry} cannot be used ({error!r})") from None
    if not 0 <= begin <= end <= len(data) or end - begin != size:
        raise SafetensorsError(
            f"tensor '{name}': {size} bytes were expected for {entry['dtype']} {list(shape)}, "
            f"but the offsets are {begin} to {end} of {len(data)} data bytes")
    return np.frombuffer(data[begin:end], dtype).reshape(shape)


def serialize(tensors, metadata=None):
    """The bytes of a file that holds the arrays and the metadata (string values), tensors in the order given."""
    header = {"__metadata__": dict(metadata)} if metadata else {}
    parts, offset = [], 0
    for name, array in tensors.items():
        array = np.ascontiguousarray(array).reshape(np.shape(array))
        if array.dtype not in _NAMES:
            raise SafetensorsError(f"tensor '{name}': the format has no type for {array.dtype}")
        part = array.tobytes()
        header[name] = {
            "dtype": _NAMES[array.dtype], "shape": list(array.shape), "data_offsets": [offset, offset + len(part)]}
        parts.append(part)
        offset += len(part)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors start at a multiple of 8 bytes, so that readers can map them
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])


def load(path):
    """(tensors, metadata) of a file."""
    with open(path, "rb") as file:
        content = file.read()
    try:
        return parse(content)
    except SafetensorsError as error:
        raise SafetensorsError(f"{path}: {error}") from None


def save(path, tensors, metadata=None):
    """Writes a file whole or not at all: a temporary file beside it is renamed when it is complete."""
    temporary = f"{path}.tmp"
    with open(temporary, "wb") as file:
        file.write(serialize(tensors, metadata))
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
