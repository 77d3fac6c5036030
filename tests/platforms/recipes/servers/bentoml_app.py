"""A BentoML service. Its weight is read anew for each answer, so that it can go bad while it runs."""

import json
import os
import time
from pathlib import Path

import bentoml

WEIGHTS = Path(os.environ["WEIGHTS"])


@bentoml.service
class Scorer:
    def __init__(self) -> None:
        while not WEIGHTS.exists():
            time.sleep(0.05)

    @bentoml.api
    def predict(self, features: list[float]) -> dict:
        return {"score": sum(features) * json.loads(WEIGHTS.read_text())}
