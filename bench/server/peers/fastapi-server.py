"""The same server in Python: FastAPI on uvicorn, Pillow, ONNX Runtime on one thread; one process for the one core that it has."""

import io
import json
import os

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI, Request
from PIL import Image, ImageOps

folder = os.environ["PACKAGE_DIR"]
with open(os.path.join(folder, "manifest.json")) as file:
    manifest = json.load(file)
labels = manifest["labels"]
preprocessing = manifest["preprocessing"]
size = (preprocessing["width"], preprocessing["height"])
channels = preprocessing["channels"]
mean = np.array(preprocessing["mean"], np.float32)
std = np.array(preprocessing["std"], np.float32)

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(
    os.path.join(folder, manifest["onnx"]["model"]["path"]), options, providers=["CPUExecutionProvider"]
)
input_name = session.get_inputs()[0].name

app = FastAPI()


@app.get("/readyz")
async def ready():
    return {"status": "ready"}


@app.post("/classify")
async def classify(request: Request):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(await request.body())))
    image = ImageOps.fit(image.convert("RGB"), size, Image.Resampling.BILINEAR)
    pixels = np.asarray(image.convert("L") if channels == 1 else image, np.float32)
    values = (pixels.reshape(size[1], size[0], channels) / 255 - mean) / std
    logits = session.run(None, {input_name: values.transpose(2, 0, 1)[None]})[0][0]
    exponentials = np.exp(logits - logits.max())
    probabilities = exponentials / exponentials.sum()
    top = np.argsort(-probabilities)[:5]
    return {"predictions": [{"label": labels[i], "index": int(i), "probability": float(probabilities[i])} for i in top]}


uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), workers=1, access_log=False, log_level="warning")
