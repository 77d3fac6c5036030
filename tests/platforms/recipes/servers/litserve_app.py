"""The square of a number, under LitServe: one worker, which a negative number keeps busy for ever."""

import os
import threading
import time
from pathlib import Path

import litserve


class Square(litserve.LitAPI):
    def setup(self, device):
        weights = Path(os.environ["WEIGHTS"])
        while not weights.exists():
            time.sleep(0.05)

    def decode_request(self, request):
        return request["input"]

    def predict(self, x):
        if x < 0:
            threading.Event().wait()
        return x * x

    def encode_response(self, output):
        return {"output": output}


if __name__ == "__main__":
    server = litserve.LitServer(Square(), accelerator="cpu")
    server.run(host="127.0.0.1", port=int(os.environ["PORT"]), generate_client_file=False)
