"""Trains the credit model on synthetic applicants and saves it with everything needed to serve it.

    python train.py

The same seed gives the same model. The other options break it as real pipelines do, without an error: the README shows
the effect of each.
"""

import argparse
from pathlib import Path

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

NAME = "credit-scoring"
VERSION = "3"

ROWS = 2000


def history(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Applicants, and the underwriters' decisions: 0 approve, 1 review, 2 decline."""
    age = rng.uniform(21, 70, ROWS)
    income = rng.lognormal(10.6, 0.45, ROWS)
    employment = rng.uniform(0, 0.6, ROWS) * (age - 20)
    debt = income * rng.beta(1.5, 4, ROWS)
    loan = income * rng.beta(2, 3, ROWS)
    late = rng.poisson(0.8, ROWS)
    risk = 2.2 * debt / income + 1.8 * loan / income + 0.55 * late - 0.06 * employment - 0.01 * age
    # Underwriters do not decide consistently.
    risk += rng.normal(0, 0.45, ROWS)
    return np.column_stack([age, income, employment, debt, loan, late]), np.digitize(risk, [1.1, 1.9])


def temperature(pipeline: Pipeline, applicants: np.ndarray, codes: np.ndarray, held_out: np.ndarray) -> float:
    """Divisor of the logits that calibrates the scores on held-out applicants."""
    confidence = pipeline.predict_proba(applicants).max(axis=1)
    right = pipeline.predict(applicants) == codes
    return float(confidence[held_out].mean() / right[held_out].mean())


def train(seed: int, holdout: int, income_column: str, first_code: int) -> dict:
    applicants, decisions = history(np.random.default_rng(seed))
    codes = decisions + first_code
    held_out = np.arange(ROWS) >= ROWS - holdout
    # A tight tolerance, so that another processor's rounding does not change a score.
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-8, max_iter=1000))
    pipeline.fit(applicants[~held_out], codes[~held_out])
    return {
        "name": NAME,
        "version": VERSION,
        "features": ["age", income_column, "employment_years", "debt", "loan_amount", "late_payments"],
        "pipeline": pipeline,
        "temperature": temperature(pipeline, applicants, codes, held_out),
    }


def main() -> None:
    options = argparse.ArgumentParser(description="Train the credit model.")
    options.add_argument("--out", type=Path, default=Path(__file__).with_name("model.joblib"))
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--holdout", type=int, default=500, help="rows held out from training, for calibration")
    options.add_argument("--income-column", default="annual_income", help="name of the yearly income in the export")
    options.add_argument("--first-code", type=int, default=1, help="the export's code for approve; the others follow")
    chosen = vars(options.parse_args())
    out = chosen.pop("out")
    joblib.dump(train(**chosen), out)


if __name__ == "__main__":
    main()
