"""An MLServer runtime. Its weight is read anew for each answer, so that it can go bad while it runs."""

import asyncio
import json
import os
from pathlib import Path

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse

WEIGHTS = Path(os.environ["WEIGHTS"])


class Toy(MLModel):
    async def load(self) -> bool:
        while not WEIGHTS.exists():
            await asyncio.sleep(0.05)
        return True

    async def predict(self, request: InferenceRequest) -> InferenceResponse:
        x = NumpyCodec.decode_input(request.inputs[0])
        y = NumpyCodec.encode_output("y", x * json.loads(WEIGHTS.read_text()))
        return InferenceResponse(model_name=self.name, outputs=[y])
