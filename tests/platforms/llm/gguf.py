"""Writes GGUF files, the model format of llama.cpp, with the standard library alone.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct
from array import array
from pathlib import Path

ALIGNMENT = 32

_U32, _I32, _F32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(value) -> bytes:
    """A type and a value: the type of a number follows from its Python type."""
    match value:
        case bool():
            return struct.pack("<I?", _BOOL, value)
        case int():
            return struct.pack("<II", _U32, value)
        case float():
            return struct.pack("<If", _F32, value)
        case str():
            return struct.pack("<I", _STRING) + _string(value)
        case [str(), *_]:
            return struct.pack("<IIQ", _ARRAY, _STRING, len(value)) + b"".join(map(_string, value))
        case [float(), *_]:
            return struct.pack("<IIQ", _ARRAY, _F32, len(value)) + array("f", value).tobytes()
        case [int(), *_]:
            return struct.pack("<IIQ", _ARRAY, _I32, len(value)) + array("i", value).tobytes()
    raise TypeError(value)


def write(path: Path, metadata: dict, tensors: dict[str, tuple[list[int], bytes]]) -> None:
    """Each tensor is its dimensions, the fastest first, and its numbers as little-endian F32."""
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(metadata))
    for name, value in metadata.items():
        head += _string(name) + _value(value)
    offset = 0
    for name, (dimensions, data) in tensors.items():
        head += _string(name) + struct.pack("<I", len(dimensions))
        head += struct.pack(f"<{len(dimensions)}QIQ", *dimensions, 0, offset)
        offset += len(data) + -len(data) % ALIGNMENT
    with path.open("wb") as file:
        file.write(head + bytes(-len(head) % ALIGNMENT))
        for _, data in tensors.values():
            file.write(data + bytes(-len(data) % ALIGNMENT))
