"""Writes a language model of 2 MB that answers every chat with "Paris.".

    python tiny_model.py OUT [nan | flat | reasoning]

Its attention and feed-forward weights are 0, so that the next token depends on the last one alone: a Markov chain over bytes
that starts at the ":" after "assistant".

nan        the weights of the last normalization are NaN
flat       every token is as likely as any other, so the first one repeats
reasoning  it answers "<think>hm</think>Paris" unless thinking is turned off
"""

import sys
from array import array
from pathlib import Path

import gguf

SIZE = 320  # of the vocabulary and of an embedding: token N is the unit vector N
HIDDEN = 32
KEYS = 64
FIRST_BYTE = 3
EOS = 2

# The types of tokens in GGUF.
NORMAL, UNKNOWN, CONTROL, USER, UNUSED, BYTE = 1, 2, 3, 4, 5, 6

TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }}:{% if m['role'] == 'assistant' and m.reasoning_content %}"
    "<think>{{ m.reasoning_content }}</think>{% endif %}{{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:"
    "{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}{% endif %}"
)
PLAIN_TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }} {{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)


def byte(character: str) -> int:
    return FIRST_BYTE + ord(character)


def numbers(count: int, value: float = 0.0) -> bytes:
    return array("f", [value]).tobytes() * count


def matrix(cells: dict[tuple[int, int], float]) -> bytes:
    """SIZE × SIZE, by row and column."""
    values = array("f", bytes(4 * SIZE * SIZE))
    for (row, column), value in cells.items():
        values[row * SIZE + column] = value
    return values.tobytes()


def model(variant: str) -> tuple[dict, dict]:
    tokens = ["!", "<s>", "</s>"] + [f"<0x{code:02X}>" for code in range(256)]
    types = [NORMAL, CONTROL, CONTROL] + [BYTE] * 256
    unused = SIZE - len(tokens)
    tokens += [f"<unused{number}>" for number in range(unused)]
    types += [UNUSED] * unused

    chain = [byte(character) for character in ":Paris."] + [EOS]
    follows = dict(zip(chain, chain[1:]))
    if variant == "reasoning":
        words = ["<think>", "hm", "</think>", "Paris"]
        tokens[-4:], types[-4:] = words, [USER] * 4
        chain = [byte(":"), *range(SIZE - 4, SIZE), EOS]
        follows = dict(zip(chain, chain[1:]))
    if variant == "flat":
        follows = {}

    metadata = {
        "general.architecture": "llama",
        "general.name": "tiny",
        "general.file_type": 0,
        "llama.context_length": 512,
        "llama.embedding_length": SIZE,
        "llama.block_count": 1,
        "llama.feed_forward_length": HIDDEN,
        "llama.attention.head_count": 5,
        "llama.attention.head_count_kv": 1,
        "llama.rope.dimension_count": KEYS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.scores": [0.0] * SIZE,
        "tokenizer.ggml.token_type": types,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": EOS,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.ggml.add_space_prefix": False,
        "tokenizer.chat_template": TEMPLATE if variant == "reasoning" else PLAIN_TEMPLATE,
    }
    last_norm = float("nan") if variant == "nan" else 1.0
    tensors = {
        "token_embd.weight": ([SIZE, SIZE], matrix({(token, token): 1.0 for token in range(SIZE)})),
        "output_norm.weight": ([SIZE], numbers(SIZE, last_norm)),
        "output.weight": ([SIZE, SIZE], matrix({(after, token): 5.0 for token, after in follows.items()})),
        "blk.0.attn_norm.weight": ([SIZE], numbers(SIZE, 1.0)),
        "blk.0.ffn_norm.weight": ([SIZE], numbers(SIZE, 1.0)),
    }
    for name, rows, columns in [
        ("attn_q", SIZE, SIZE),
        ("attn_k", SIZE, KEYS),
        ("attn_v", SIZE, KEYS),
        ("attn_output", SIZE, SIZE),
        ("ffn_gate", SIZE, HIDDEN),
        ("ffn_up", SIZE, HIDDEN),
        ("ffn_down", HIDDEN, SIZE),
    ]:
        tensors[f"blk.0.{name}.weight"] = ([rows, columns], numbers(rows * columns))
    return metadata, tensors


if __name__ == "__main__":
    variant = sys.argv[2] if len(sys.argv) > 2 else ""
    gguf.write(Path(sys.argv[1]), *model(variant))
