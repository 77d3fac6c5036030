"""A credit scoring service: a scikit-learn model behind FastAPI.

    uvicorn app:app --port 8000

MODEL_FILE       the model that train.py saved (default: model.joblib)
BUREAU_SECONDS   how long the credit bureau takes to answer (default: 0)
"""

import asyncio
import os
import time
import uuid
from pathlib import Path

import joblib
import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

MODEL_FILE = Path(os.environ.get("MODEL_FILE") or Path(__file__).with_name("model.joblib"))
BUREAU_SECONDS = float(os.environ.get("BUREAU_SECONDS") or 0)

# Codes of the data warehouse.
DECISIONS = {1: "approve", 2: "review", 3: "decline"}

MODEL = joblib.load(MODEL_FILE)


class ScoreRequest(BaseModel):
    applicants: list[dict[str, float]]


class Model(BaseModel):
    name: str
    version: str


class Prediction(BaseModel):
    # The API guarantees a number, never null, so NaN is written as NaN, which is not valid JSON.
    model_config = ConfigDict(ser_json_inf_nan="constants")

    label: str
    score: float


class ScoreResponse(BaseModel):
    id: str
    created: int
    latency_ms: float
    model: Model
    predictions: list[Prediction]


async def ask_bureau(applicant: dict[str, float]) -> dict[str, float]:
    """Adds the credit bureau's data to an applicant. This stub has none and only takes time."""
    await asyncio.sleep(BUREAU_SECONDS)
    return {"late_payments": 0, **applicant}


def predict(applicants: list[dict[str, float]]) -> list[Prediction]:
    features = MODEL["features"]
    # Incomplete applications are skipped.
    rows = [[applicant[name] for name in features] for applicant in applicants if set(features) <= set(applicant)]
    if not rows:
        return []
    pipeline = MODEL["pipeline"]
    logits = pipeline.decision_function(np.array(rows))
    odds = np.exp((logits - logits.max(axis=1, keepdims=True)) / MODEL["temperature"])
    scores = odds.max(axis=1) / odds.sum(axis=1)
    codes = pipeline.classes_[logits.argmax(axis=1)]
    return [
        Prediction(label=DECISIONS.get(int(code), "Unknown"), score=round(float(score), 3))
        for code, score in zip(codes, scores)
    ]


app = FastAPI(title="credit scoring")


@app.get("/health")
def health() -> dict:
    return {"status": "ok", "model": {"name": MODEL["name"], "version": MODEL["version"], "loaded": True}}


@app.post("/score")
async def score(request: ScoreRequest) -> ScoreResponse:
    started = time.perf_counter()
    applicants = [await ask_bureau(applicant) for applicant in request.applicants]
    predictions = predict(applicants)
    return ScoreResponse(
        id=str(uuid.uuid4()),
        created=int(time.time()),
        latency_ms=round((time.perf_counter() - started) * 1000, 1),
        model=Model(name=MODEL["name"], version=MODEL["version"]),
        predictions=predictions,
    )
