"""One training step in PyTorch, the peer of bench/training.ts: reads commands as JSON lines, answers with JSON lines.

The networks are the CIFAR ResNets of He et al. 2015 with projection shortcuts, and EfficientNet-Lite0 (Tan and Le 2019) with
its batch norms folded, as in a training from pretrained weights; parameters are named as in our own files. SLD is written from its paper (arXiv 2504.20108). Settings are the fastest that we know of for the CPU: channels last,
one thread a core, the fused optimizer, denormals flushed, the teacher's batch norms folded, no gradient through it.
On a GPU ("device": "cuda") cuDNN tries its algorithms first, and losses are read at the end of all steps asked for.
"""

import inspect
import json
import sys
import time
import warnings

warnings.filterwarnings("ignore", message="Failed to initialize NumPy")

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

NARROW, WIDE = (16, 16, 32, 64), (32, 64, 128, 256)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)


class ResNet(nn.Module):
    def __init__(self, depth, widths, channels, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        inputs = widths[0]
        for stage in (1, 2, 3):
            blocks = []
            for i in range((depth - 2) // 6):
                blocks.append(Block(inputs, widths[stage], 2 if stage > 1 and i == 0 else 1))
                inputs = widths[stage]
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


class SamePadding(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding, which is not symmetric at a stride."""

    def forward(self, x):
        kernel, stride = self.kernel_size[0], self.stride[0]
        total = [max(0, (-(-size // stride) - 1) * stride + kernel - size) for size in x.shape[2:]]
        (top, bottom), (left, right) = [(pad // 2, pad - pad // 2) for pad in total]
        if top == bottom and left == right:
            return F.conv2d(x, self.weight, self.bias, stride, (top, left), 1, self.groups)
        return F.conv2d(F.pad(x, (left, right, top, bottom)), self.weight, self.bias, stride, 0, 1, self.groups)


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride, expansion):
        super().__init__()
        width = inputs * expansion
        self._expand_conv = nn.Conv2d(inputs, width, 1) if expansion > 1 else None
        self._depthwise_conv = SamePadding(width, width, kernel, stride, groups=width)
        self._project_conv = nn.Conv2d(width, outputs, 1)
        self.has_shortcut = stride == 1 and inputs == outputs

    def forward(self, x):
        y = x if self._expand_conv is None else F.relu6(self._expand_conv(x), inplace=True)
        y = self._project_conv(F.relu6(self._depthwise_conv(y), inplace=True))
        return x + y if self.has_shortcut else y


class EfficientNetLite0(nn.Module):
    # Repetitions, kernel, first stride, expansion, channels.
    STAGES = (
        (1, 3, 1, 1, 16),
        (2, 3, 2, 6, 24),
        (2, 5, 2, 6, 40),
        (3, 3, 2, 6, 80),
        (3, 5, 1, 6, 112),
        (4, 5, 2, 6, 192),
        (1, 3, 1, 6, 320),
    )

    def __init__(self, channels, classes):
        super().__init__()
        self._conv_stem = SamePadding(channels, 32, 3, 2)
        blocks, inputs = [], 32
        for repetitions, kernel, stride, expansion, outputs in self.STAGES:
            for i in range(repetitions):
                blocks.append(InvertedResidual(inputs, outputs, kernel, stride if i == 0 else 1, expansion))
                inputs = outputs
        self._blocks = nn.Sequential(*blocks)
        self._conv_head = nn.Conv2d(inputs, 1280, 1)
        self._fc = nn.Linear(1280, classes)

    def features(self, x):
        x = self._blocks(F.relu6(self._conv_stem(x), inplace=True))
        return F.relu6(self._conv_head(x), inplace=True).mean((2, 3))

    def forward(self, x):
        return self._fc(self.features(x))


def build(name, channels, classes):
    """resnet20, resnet8x4, …, efficientnet_lite0"""
    if name == "efficientnet_lite0":
        return EfficientNetLite0(channels, classes)
    depth, _, wide = name.removeprefix("resnet").partition("x")
    return ResNet(int(depth), WIDE if wide == "4" else NARROW, channels, classes)


def load_weights(model, path):
    """safetensors, F32 only; batch counters, which nothing here reads, stay as they are."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(bytes(data[8:start]))
    header.pop("__metadata__", None)
    state = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        state[name] = torch.frombuffer(data[start + begin : start + end], dtype=torch.float32).reshape(entry["shape"]).clone()
    missing, unexpected = model.load_state_dict(state, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise ValueError(f"weights do not fit: missing {missing}, left over {unexpected}")


def fold_batch_norms(model):
    """For inference: each batch norm into the convolution before it."""

    def fold(parent, conv, norm):
        setattr(parent, conv, nn.utils.fuse_conv_bn_eval(getattr(parent, conv), getattr(parent, norm)))
        setattr(parent, norm, nn.Identity())

    model.eval()
    for module in list(model.modules()):
        if isinstance(module, (Block, ResNet)):
            for conv in [name for name, child in module.named_children() if isinstance(child, nn.Conv2d)]:
                fold(module, conv, conv.replace("conv", "bn"))
        elif isinstance(module, nn.Sequential) and len(module) == 2 and isinstance(module[1], nn.BatchNorm2d):
            fold(module, "0", "1")
    return model


def softened_kl(target, logits, temperatures):
    """Σ_T T²·KL(softmax(target/T) ‖ softmax(logits/T)), mean over the batch, all temperatures at once."""
    log_target = F.log_softmax(target / temperatures, -1)
    log_student = F.log_softmax(logits / temperatures, -1)
    return (log_target.exp() * (log_target - log_student) * temperatures.square()).sum() / logits.shape[0]


def swap_true_class(logits, labels):
    """Where the largest logit is not the true class's, the two change places."""
    predicted = logits.argmax(1)
    rows = torch.arange(len(labels), device=labels.device)
    order = torch.arange(logits.shape[1], device=labels.device).repeat(len(labels), 1)
    order[rows, labels] = predicted
    order[rows, predicted] = labels
    return logits.gather(1, order)


class Case:
    def __init__(self, spec, compiled, device="cpu", memory_format=torch.channels_last):
        height, width, channels = spec["input"]
        classes = spec["classes"]
        self.labels = torch.frombuffer(bytearray(open(spec["labels"], "rb").read()), dtype=torch.int32).long().to(device)
        images = torch.frombuffer(bytearray(open(spec["images"], "rb").read()), dtype=torch.float32)
        # The file is NHWC, which as NCHW in channels-last order is the same bytes.
        images = images.reshape(-1, height, width, channels).permute(0, 3, 1, 2)
        self.images = images.contiguous(memory_format=memory_format).to(device)
        self.model = build(spec["student"], channels, classes)
        load_weights(self.model, spec["weights"])
        self.model = self.model.to(device, memory_format=memory_format).train()
        self.only_features = spec.get("features", False)
        self.forward = torch.compile(self.model) if compiled else self.model
        self.teacher = None
        if spec.get("teacher"):
            teacher = build(spec["teacher"], channels, classes)
            load_weights(teacher, spec["teacherWeights"])
            self.teacher = fold_batch_norms(teacher).to(device, memory_format=memory_format)
            self.temperatures = torch.tensor([1.0, 2, 3, 4, 5, 6], device=device).reshape(-1, 1, 1)
        sgd = spec["sgd"]
        # Older versions have it for each tensor alone.
        fused = {"fused": True} if "fused" in inspect.signature(torch.optim.SGD).parameters else {}
        self.optimizer = torch.optim.SGD(
            self.model.parameters(), lr=0.0, momentum=sgd["momentum"], weight_decay=sgd["weightDecay"], nesterov=sgd["nesterov"], **fused
        )

    def losses(self):
        logits = self.forward(self.images)
        if self.teacher is None:
            return {"ce": F.cross_entropy(logits, self.labels)}
        with torch.no_grad():
            targets = self.teacher(self.images)
        ce = teacher_swap = student_swap = 0.0
        for student, target in zip(logits.chunk(2), targets.chunk(2)):
            ce = ce + 0.1 * F.cross_entropy(student, self.labels)
            teacher_swap = teacher_swap + 0.9 * softened_kl(swap_true_class(target, self.labels), student, self.temperatures)
            student_swap = student_swap + 0.9 * softened_kl(swap_true_class(student, self.labels), student, self.temperatures)
        return {"ce": ce, "teacherSwap": teacher_swap, "studentSwap": student_swap}

    def step(self, rate):
        if self.only_features:
            with torch.inference_mode():
                return {"features": self.model.features(self.images).mean()}
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        losses = self.losses()
        sum(losses.values()).backward()
        self.optimizer.step()
        return {name: loss.detach() for name, loss in losses.items()}


def main():
    case, compiled, device, memory_format = None, False, "cpu", torch.channels_last
    for line in sys.stdin:
        request = json.loads(line)
        command = request["command"]
        if command == "start":
            compiled = request["compile"]
            device = request.get("device", "cpu")
            memory_format = torch.channels_last if request.get("channelsLast", True) else torch.contiguous_format
            if device == "cuda":
                torch.backends.cudnn.benchmark = True
                # As PyTorch comes, convolutions may use TF32 and products of matrices may not.
                torch.backends.cudnn.allow_tf32 = request["tf32"]
                torch.backends.cuda.matmul.allow_tf32 = False
            torch.set_num_threads(request["threads"])
            torch.set_flush_denormal(True)
            answer = {
                "torch": torch.__version__,
                "python": sys.version.split()[0],
                "threads": torch.get_num_threads(),
                "onednn": torch.backends.mkldnn.is_available(),
                "capability": torch.backends.cpu.get_cpu_capability() if hasattr(torch.backends, "cpu") else "not told by this torch",
                "compiled": compiled,
                "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
            }
        elif command == "case":
            case = Case(request, compiled, device, memory_format)
            answer = {"parameters": sum(p.numel() for p in case.model.parameters())}
        elif command == "steps":
            times, losses = [], []
            began = time.perf_counter()
            for _ in range(request["count"]):
                found = case.step(request["learningRate"])
                if device == "cpu":
                    found = {name: loss.item() for name, loss in found.items()}
                    times.append((time.perf_counter() - began) * 1000)
                    began = time.perf_counter()
                losses.append(found)
            if device == "cuda":
                torch.cuda.synchronize()
                times = [(time.perf_counter() - began) * 1000 / request["count"]] * request["count"]
                losses = [{name: loss.item() for name, loss in step.items()} for step in losses]
            answer = {"ms": times, "losses": losses}
        elif command == "cpu":
            answer = {"seconds": time.process_time()}
        else:
            raise ValueError(f"unknown command {command}")
        print(json.dumps(answer), flush=True)


main()
