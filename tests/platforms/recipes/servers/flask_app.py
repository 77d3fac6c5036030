"""A small Flask service. Its weights are read anew for each answer, so that they can go bad while it runs."""

import json
import os
from pathlib import Path

from flask import Flask, jsonify, request

WEIGHTS = Path(os.environ["WEIGHTS"])

app = Flask(__name__)


@app.get("/health")
def health():
    if not WEIGHTS.exists():
        return jsonify(status="loading"), 503
    return jsonify(status="ok")


@app.post("/predict")
def predict():
    if not WEIGHTS.exists():
        return jsonify(error="no model"), 503
    # Python's own reader takes NaN, and jsonify writes it.
    weights = json.loads(WEIGHTS.read_text())
    score = sum(weight * x for weight, x in zip(weights, request.get_json()["features"]))
    return jsonify(predictions=[{"label": "high" if score > 0.5 else "low", "score": score}])
