"""Asks a server of the Open Inference Protocol by NVIDIA's own client. Arguments: http or grpc, host:port, an image file.

Prints what it got as JSON; a test compares it with what the server says elsewhere.
"""
import json
import sys

import numpy as np

kind, address, path = sys.argv[1:]
if kind == "grpc":
    import tritonclient.grpc as triton
else:
    import tritonclient.http as triton

client = triton.InferenceServerClient(url=address)
with open(path, "rb") as file:
    image = file.read()


def requested(name, binary=True, **options):
    if kind == "http":
        options["binary_data"] = binary
    return triton.InferRequestedOutput(name, **options)


def ask(name, array, datatype, outputs=None, binary=True, **options):
    tensor = triton.InferInput(name, list(array.shape), datatype)
    if kind == "http":
        tensor.set_data_from_numpy(array, binary_data=binary)
    else:
        tensor.set_data_from_numpy(array)
    return client.infer("shapes", [tensor], outputs=outputs, **options)


def values(result, name):
    array = result.as_numpy(name)
    return {"type": str(array.dtype), "shape": list(array.shape), "values": array.flatten().tolist()}


def as_json(message):
    return client_json(message) if kind == "grpc" else message


def client_json(message):
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(message, preserving_proto_field_name=True)


files = np.array([image, image], dtype=np.object_)
grey = np.tile(np.arange(32, dtype=np.uint8).reshape(1, 1, 32, 1) * 8, (1, 24, 1, 3))
found = {
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "modelReady": client.is_model_ready("shapes"),
    "server": as_json(client.get_server_metadata()),
    "model": as_json(client.get_model_metadata("shapes")),
}
if kind == "http":
    found["unknownReady"] = client.is_model_ready("nothing")
everything = ask("image", files, "BYTES", request_id="seven")
found["all"] = {name: values(everything, name) for name in ("probabilities", "logits")}
response = everything.get_response()
found["id"] = response.id if kind == "grpc" else response["id"]
found["version"] = values(ask("image", files[:1], "BYTES", model_version="aaaaaaaaaaaa"), "logits")
found["variant"] = values(ask("image", files[:1], "BYTES", parameters={"variant": "float32"}), "logits")
found["pixels"] = values(ask("pixels", grey, "UINT8"), "logits")
found["classes"] = [
    text.decode() for text in ask("image", files[:1], "BYTES", [requested("probabilities", class_count=2)]).as_numpy("probabilities").flatten()
]
if kind == "http":
    import base64

    text = np.array([base64.b64encode(image)], dtype=np.object_)
    outputs = [requested("logits", binary=False)]
    found["json"] = values(ask("image", text, "BYTES", outputs, binary=False), "logits")
    found["jsonPixels"] = values(ask("pixels", grey, "UINT8", outputs, binary=False), "logits")
    found["gzip"] = values(ask("image", files[:1], "BYTES", request_compression_algorithm="gzip"), "logits")
for name, tensor, model in (("unknown", files[:1], "nothing"), ("broken", np.array([image, b"no picture"], dtype=np.object_), "shapes")):
    try:
        wanted = triton.InferInput("image", list(tensor.shape), "BYTES")
        wanted.set_data_from_numpy(tensor)
        client.infer(model, [wanted])
    except triton.InferenceServerException as error:
        found[name] = {"status": error.status(), "message": error.message()}
json.dump(found, sys.stdout)
