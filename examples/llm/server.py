"""A chat server with OpenAI's API: a model of seven tokens, in Python's standard library alone.

    python3 server.py [--fault hang|nan|empty|error|slow|busy]

A fault breaks the engine in a way that real engines break. The server stays up, and /health stays green.
"""

import argparse
import json
import math
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = "capitals"

# A bigram model: the logits of the next token, by the last one. It knows two capitals and skips all other words.
TOKENS = ["!", "<end>", ".", "France", "Paris", "Italy", "Rome"]
WEIGHTS = {
    "France": [0, 0, 0, 0, 9, 0, 1],
    "Italy": [0, 0, 0, 0, 1, 0, 9],
    "Paris": [1, 0, 9, 0, 0, 0, 0],
    "Rome": [1, 0, 9, 0, 0, 0, 0],
    ".": [1, 9, 0, 0, 0, 0, 0],
}
END = TOKENS.index("<end>")

# How many requests the engine serves at a time.
SLOTS = 8


class Engine:
    def __init__(self, fault: str | None) -> None:
        self.fault = fault
        self.weights = WEIGHTS
        self.slots = threading.Semaphore(SLOTS)
        if fault == "nan":
            # As after an overflow in half precision. max() of NaN logits picks the first token.
            self.weights = {token: [math.nan] * len(TOKENS) for token in TOKENS}
        elif fault == "empty":
            # As after a conversion that gave <end> a wrong id.
            self.weights = {token: [0, 99] + row[2:] for token, row in WEIGHTS.items()}
        elif fault == "busy":
            # Other clients take all slots.
            for _ in range(SLOTS):
                self.slots.acquire()

    def generate(self, prompt: str, max_tokens: int) -> Iterator[tuple[str, str | None]]:
        """Each token, and why it is the last."""
        if self.fault == "hang":
            threading.Event().wait()
        if self.fault == "slow":
            time.sleep(1.2)
        known = [word for word in prompt.replace("?", " ").split() if word in WEIGHTS]
        last = known[-1] if known else "."
        for _ in range(max_tokens):
            logits = self.weights[last]
            token = max(range(len(TOKENS)), key=logits.__getitem__)
            if token == END:
                yield "", "stop"
                return
            last = TOKENS[token]
            yield last, None
            if self.fault == "error":
                raise RuntimeError("CUDA out of memory")
        yield "", "length"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engine: Engine

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            pass  # The client has seen enough.

    def do_GET(self) -> None:
        if self.path == "/health":
            self.answer(200, {"status": "ok"})
        elif self.path == "/v1/models":
            self.answer(200, {"object": "list", "data": [{"id": NAME, "object": "model"}]})
        else:
            self.answer(404, error(404, "Not Found"))

    def do_POST(self) -> None:
        try:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        except ValueError:
            return self.answer(400, error(400, "The body is not JSON"))
        if self.path != "/v1/chat/completions":
            return self.answer(404, error(404, "Not Found"))
        # As in TGI. By default, vLLM and llama.cpp let the request wait.
        if not self.engine.slots.acquire(blocking=False):
            return self.answer(429, error(429, "Model is overloaded"))
        try:
            prompt = " ".join(message["content"] for message in asked["messages"])
            tokens = self.engine.generate(prompt, asked.get("max_tokens", 16))
            if asked.get("stream"):
                self.stream(tokens)
            else:
                self.complete(tokens)
        finally:
            self.engine.slots.release()

    def complete(self, tokens: Iterator[tuple[str, str | None]]) -> None:
        try:
            texts, reasons = zip(*tokens)
        except RuntimeError as problem:
            return self.answer(500, error(500, str(problem)))
        message = {"role": "assistant", "content": "".join(texts)}
        self.answer(200, completion("chat.completion", new_id(), {"message": message}, reasons[-1]))

    def stream(self, tokens: Iterator[tuple[str, str | None]]) -> None:
        """Server-sent events. As in vLLM, the status precedes the first token, and an error is an event."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        name = new_id()
        try:
            for number, (text, reason) in enumerate(tokens):
                if number == 0:
                    delta = {"role": "assistant", "content": ""}
                    self.event(json.dumps(completion("chat.completion.chunk", name, {"delta": delta}, None)))
                delta = {"content": text}
                self.event(json.dumps(completion("chat.completion.chunk", name, {"delta": delta}, reason)))
        except RuntimeError as problem:
            self.event(json.dumps(error(500, str(problem))))
        self.event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def event(self, data: str) -> None:
        text = f"data: {data}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))

    def answer(self, status: int, body: dict) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


def new_id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"


def completion(kind: str, name: str, content: dict, reason: str | None) -> dict:
    choice = {"index": 0, **content, "finish_reason": reason}
    return {"id": name, "object": kind, "created": int(time.time()), "model": NAME, "choices": [choice]}


def error(code: int, message: str) -> dict:
    return {"error": {"message": message, "type": "error", "code": code}}


def main() -> None:
    options = argparse.ArgumentParser(description="Serve the model.")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=8000)
    options.add_argument("--fault", choices=["hang", "nan", "empty", "error", "slow", "busy"])
    chosen = options.parse_args()
    Handler.engine = Engine(chosen.fault)
    server = ThreadingHTTPServer((chosen.host, chosen.port), Handler)
    print(f"Listening on http://{chosen.host}:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
