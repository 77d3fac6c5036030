"""An inference service with FastAPI: it answers at once and loads its model in the background.

    uvicorn app:app --port 8000

MODEL_FILE           path of the model, which can be created or replaced while the service runs (default: model.json)
MODEL_POLL_SECONDS   how often to check it for changes (default: 1)
"""

import asyncio
import logging
import math
import os
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, model_validator

MODEL_FILE = Path(os.environ.get("MODEL_FILE") or Path(__file__).with_name("model.json"))
MODEL_POLL_SECONDS = float(os.environ.get("MODEL_POLL_SECONDS") or 1)

# Below this score the service answers "Unknown".
MIN_SCORE = 0.5

# A flower near the border between two species, so its score is sensitive to the weights.
SAMPLE = [5.9, 3.0, 4.9, 1.7]

log = logging.getLogger("uvicorn.error")


class Prediction(BaseModel):
    label: str
    score: float


class PredictRequest(BaseModel):
    instances: list[list[float]]


class PredictResponse(BaseModel):
    predictions: list[Prediction]


class Model(BaseModel):
    """A linear classifier: one row of weights and one bias for each label."""

    name: str
    version: str
    features: list[str]
    labels: list[str]
    weights: list[list[float]]
    bias: list[float]

    @model_validator(mode="after")
    def shapes_agree(self) -> "Model":
        if not len(self.labels) == len(self.weights) == len(self.bias) > 0:
            raise ValueError("labels, weights and bias differ in length")
        if any(len(row) != len(self.features) for row in self.weights):
            raise ValueError("a row of weights does not fit the features")
        return self

    def predict(self, instance: list[float]) -> Prediction:
        logits = [
            bias + sum(weight * x for weight, x in zip(row, instance))
            for row, bias in zip(self.weights, self.bias)
        ]
        top = max(logits)
        odds = [math.exp(logit - top) for logit in logits]
        best = max(range(len(odds)), key=odds.__getitem__)
        score = odds[best] / sum(odds)
        # A NaN score, as after a diverged training run, is below every threshold.
        return Prediction(label=self.labels[best] if score >= MIN_SCORE else "Unknown", score=score)


class Registry:
    """The model in service, and the error of the newest file, if any."""

    def __init__(self) -> None:
        self.model: Model | None = None
        self.error: str | None = None
        self._seen: tuple[int, int, int] | None = None

    def refresh(self) -> None:
        """Load the file if it has changed. A broken file leaves the previous model in service."""
        try:
            stat = MODEL_FILE.stat()
        except OSError:
            return
        version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if version == self._seen:
            return
        self._seen = version
        try:
            self.model = Model.model_validate_json(MODEL_FILE.read_bytes())
            self.error = None
            log.info("Loaded %s %s", self.model.name, self.model.version)
        except (OSError, ValueError) as error:
            self.error = f"{MODEL_FILE.name} cannot be loaded"
            log.error("%s: %s", self.error, error)

    async def watch(self) -> None:
        # In a thread: loading in the event loop would block /health.
        while True:
            await asyncio.to_thread(self.refresh)
            await asyncio.sleep(MODEL_POLL_SECONDS)


registry = Registry()


@asynccontextmanager
async def lifespan(_: FastAPI):
    watcher = asyncio.create_task(registry.watch())
    yield
    watcher.cancel()


app = FastAPI(title="iris", lifespan=lifespan)


def loaded_model() -> Model:
    if registry.model is None:
        raise HTTPException(503, "Model not loaded")
    return registry.model


@app.get("/health")
def health() -> dict:
    model = loaded_model()
    answer = {
        "status": "degraded" if registry.error else "ok",
        "model": {"name": model.name, "version": model.version, "loaded": True},
    }
    if registry.error:
        answer["error"] = registry.error
    return answer


@app.post("/predict")
def predict(request: PredictRequest) -> PredictResponse:
    model = loaded_model()
    if any(len(instance) != len(model.features) for instance in request.instances):
        raise HTTPException(422, "An instance is: " + ", ".join(model.features))
    return PredictResponse(predictions=[model.predict(instance) for instance in request.instances])


@app.get("/predict/sample")
def predict_sample() -> PredictResponse:
    """An inference on one known flower, for probes that send no body."""
    return predict(PredictRequest(instances=[SAMPLE]))
