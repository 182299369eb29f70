"""Makes the vectors of networks beside this file by the originals' own code: python make_network_vectors.py, in this folder.

Needs torch, torchvision, timm, transformers and efficientnet_lite_pytorch. With the path of MDistiller's
mdistiller/models/imagenet/mobilenetv2.py, it makes that file's network alone, and needs torch alone. Every state entry and the input are filled by a rule
(`filled` in ../networks.ts), so that no weight file is needed. Sizes are small and odd, and of unlike sides where a network
takes them: padding shows itself there.
"""
import json
import math
import sys
import zlib

import numpy as np
import torch

CLASSES = 5


def filled(name, shape):
    n = int(np.prod(shape))
    i = np.arange(1, n + 1, dtype=np.uint64)
    mask = np.uint64(0xFFFFFFFF)
    h = (i * np.uint64(2654435761) + np.uint64(zlib.crc32(name.encode()))) & mask
    h ^= h >> np.uint64(16)
    h = (h * np.uint64(0x85EBCA6B)) & mask
    h ^= h >> np.uint64(13)
    h = (h * np.uint64(0xC2B2AE35)) & mask
    h ^= h >> np.uint64(16)
    u = h.astype(np.float64) / 2**32
    if name == "input":
        values = (u - 0.5) * 4
    elif name.endswith("running_mean"):
        values = (u - 0.5) * 0.2
    elif name.endswith("running_var"):
        values = 0.8 + 0.4 * u
    elif len(shape) >= 2 and "cls_token" not in name and "pos_embed" not in name:
        values = (u - 0.5) * 2 * math.sqrt(3) * 0.5 * math.sqrt(2 / np.prod(shape[1:]))
    elif len(shape) == 1 and name.endswith(".weight"):
        values = 0.8 + 0.4 * u
    else:
        values = (u - 0.5) * 0.2
    return torch.from_numpy(values.reshape(shape))


def write(source, name, model, height, width):
    model = model.double().eval()
    state = model.state_dict()
    model.load_state_dict({key: filled(key, value.shape) if value.is_floating_point() else value for key, value in state.items()})
    shape = [1, 3, height, width]
    with torch.no_grad():
        logits = model(filled("input", shape))
        logits = logits[0] if isinstance(logits, tuple) else getattr(logits, "logits", logits)
    vectors = {
        "name": name,
        "source": source,
        "inputShape": shape,
        "trainableParameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "state": [[key, list(value.shape)] for key, value in state.items() if not key.endswith("num_batches_tracked")],
        "logits": logits.tolist(),
    }
    with open(f"{source}-{name}-{height}x{width}.json", "w") as file:
        file.write(json.dumps(vectors, separators=(",", ":")) + "\n")
    print(source, name, shape, vectors["trainableParameters"])


if len(sys.argv) > 1:
    names = {}
    exec(open(sys.argv[1]).read(), names)
    # Its class is called after the second version.
    first_version = names["MobileNetV2"]()
    # A pool of 7 pixels takes no other size than 224.
    first_version.model[14] = torch.nn.AdaptiveAvgPool2d(1)
    first_version.fc = torch.nn.Linear(1024, CLASSES)
    write("mdistiller", "mobilenet_v1", first_version, 65, 50)
    sys.exit()

import efficientnet_lite_pytorch.utils as lite
import timm
import torchvision
from efficientnet_lite_pytorch import EfficientNet
from transformers import DeiTConfig, DeiTForImageClassificationWithTeacher


def original(name, **changes):
    """The package pads for the size that a network is built for; without one, for the size at hand, as TensorFlow does."""
    blocks, parameters = lite.get_model_params(name, {"num_classes": CLASSES, "image_size": None, **changes})
    return EfficientNet(blocks, parameters)


for i in range(5):
    write("efficientnet_lite_pytorch", f"efficientnet-lite{i}", original(f"efficientnet-lite{i}"), 65, 50)
write("efficientnet_lite_pytorch", "efficientnet-lite0", original("efficientnet-lite0"), 64, 64)
for name in ["tf_efficientnet_lite1", "efficientnet_lite0", "mobilenetv2_035", "mobilenetv2_075", "mobilenetv2_110d", "mobilenetv2_140", "mobilenetv3_small_100", "mobilenetv3_large_100", "mobilenetv4_conv_small", "mobilenetv4_conv_medium", "convnext_atto"]:
    write("timm", name, timm.create_model(name, num_classes=CLASSES), 65, 50)
for name in ["mobilenet_v3_small", "mobilenet_v3_large", "shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x2_0", "squeezenet1_1"]:
    write("torchvision", name, torchvision.models.get_model(name, weights=None, num_classes=CLASSES), 65, 50)
tiny = {"image_size": 32, "hidden_size": 192, "num_hidden_layers": 12, "num_attention_heads": 3, "intermediate_size": 768, "num_labels": CLASSES}
write("transformers", "deit_tiny_distilled_patch16_224", DeiTForImageClassificationWithTeacher(DeiTConfig(**tiny)), 32, 32)
