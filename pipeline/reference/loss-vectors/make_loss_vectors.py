"""Makes the vectors of losses beside this file by running the methods' public code: python make_loss_vectors.py FOLDER, in this folder.

FOLDER holds the files as their repositories have them: rld/{RLD,REVISION,SWAP,MLKD_NOAUG}.py (zju-SWJ/RLD, mdistiller/distillers),
lskd/{DKD,MLKD}.py (sunshangquan/logit-standardization-KD, mdistiller/distillers), ttm/{wttm,ttm,dist}.py (zkxufo/TTM, distiller_zoo),
crld/CRLD.py (mdistiller/distillers of CRLD's repository). Needs torch. Nothing of them is kept: only logits, losses and gradients.
"""
import importlib.util
import json
import sys
import types
from pathlib import Path
from types import SimpleNamespace as Settings

import torch

BATCH, CLASSES, SEED = 12, 10, 20


class Distiller(torch.nn.Module):
    """Stands in for MDistiller's base class: its networks are functions of a picture, which here is a pair of logits."""

    def __init__(self, student, teacher):
        super().__init__()
        self.student, self.teacher = student, teacher


def load(path):
    package = types.ModuleType("public")
    package.__path__ = []
    base, loss = types.ModuleType("public._base"), types.ModuleType("public.loss")
    base.Distiller, loss.CrossEntropyLabelSmooth = Distiller, None
    # Imported by one of the files, used by none.
    turtle = types.ModuleType("turtle")
    turtle.st = None
    sys.modules.update({"public": package, "public._base": base, "public.loss": loss, "turtle": turtle})
    spec = importlib.util.spec_from_file_location(f"public.{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


public = Path(sys.argv[1])
torch.manual_seed(SEED)
target = torch.randint(CLASSES, (BATCH,))
lean = torch.nn.functional.one_hot(target, CLASSES).double()
logits = {name: 2 * torch.randn(BATCH, CLASSES, dtype=torch.double) for name in ["studentWeak", "studentStrong", "teacherWeak", "teacherStrong"]}
# A teacher that is right about most samples, sure of some, and wrong about others.
logits["teacherWeak"] += 4 * lean
logits["teacherStrong"] += 2 * lean
cases = []


def case(method, params, losses):
    weak, strong = (logits[name].clone().requires_grad_(True) for name in ["studentWeak", "studentStrong"])
    total = sum(losses((weak, logits["teacherWeak"]), (strong, logits["teacherStrong"])))
    total = total.sum()
    gradients = torch.autograd.grad(total, [weak, strong], allow_unused=True)
    named = {"gradStudentWeak": gradients[0], "gradStudentStrong": gradients[1]}
    cases.append(
        {
            "method": method,
            "params": params,
            "total": total.item(),
            **{name: (torch.zeros(BATCH, CLASSES) if g is None else g).tolist() for name, g in named.items()},
        }
    )


def distiller(path, settings, pair=False, epoch=1):
    """The losses of one of MDistiller's kind: the picture is (student's logits, teacher's logits)."""
    name = Path(path).stem
    made = getattr(load(public / path), name)(lambda picture: (picture[0], None), lambda picture: (picture[1], None), settings)
    # REVISION's is fixed by the data set.
    made.num_classes = CLASSES

    def losses(weak, strong):
        views = {"image_weak": weak, "image_strong": strong} if pair else {"image": weak}
        views = {"image_w": weak, "image_s": strong} if name == "CRLD" else views
        return made.forward_train(**views, target=target, epoch=epoch)[1].values()

    return losses


def plain(logit_stand, kd_weight=0.9, temperature=4.0):
    loss = Settings(CE_WEIGHT=0.1, KD_WEIGHT=kd_weight)
    return Settings(KD=Settings(TEMPERATURE=temperature, LOSS=loss), EXPERIMENT=Settings(LOGIT_STAND=logit_stand))


def rld(logit_stand, alpha, beta, alpha_temperature, temperature):
    weights = dict(CE_WEIGHT=1.0, ALPHA=alpha, BETA=beta, ALPHA_T=alpha_temperature, T=temperature, WARMUP=20)
    return Settings(RLD=Settings(**weights), EXPERIMENT=Settings(LOGIT_STAND=logit_stand))


case("RLD", {"epoch": 20, "warmup": 20}, distiller("rld/RLD.py", rld(False, 1.0, 8.0, 1.0, 4.0), epoch=20))
case("RLD", {"epoch": 5, "warmup": 20}, distiller("rld/RLD.py", rld(False, 1.0, 8.0, 1.0, 4.0), epoch=5))
standardised = {"standardiseLogits": True, "alpha": 9, "beta": 72, "confidenceTemperature": 2, "temperature": 2}
case("RLD", {"epoch": 30, "warmup": 20, **standardised}, distiller("rld/RLD.py", rld(True, 9.0, 72.0, 2.0, 2.0), epoch=30))
case("REVISION", {}, distiller("rld/REVISION.py", Settings(DATASET=Settings(TYPE="cifar"))))
swap = {"views": "weak", "temperatures": [4], "ceWeight": 0, "kdWeight": 1, "studentSwap": False, "epoch": 1}
case("SLD", swap, distiller("rld/SWAP.py", plain(False)))
case("SLD", {**swap, "standardiseLogits": True}, distiller("rld/SWAP.py", plain(True)))
case("MLKD", {"views": "weak"}, distiller("rld/MLKD_NOAUG.py", plain(False)))
standardised = {"standardiseLogits": True, "temperatures": [2, 3, 5, 2, 6], "kdWeight": 9}
case("MLKD", {**standardised, "views": "weak"}, distiller("rld/MLKD_NOAUG.py", plain(True, 9.0, 2.0)))
case("MLKD", standardised, distiller("lskd/MLKD.py", plain(True, 9.0, 2.0), pair=True))
dkd = Settings(DKD=Settings(CE_WEIGHT=1.0, ALPHA=9.0, BETA=72.0, T=2.0, WARMUP=20), EXPERIMENT=Settings(LOGIT_STAND=True))
standardised = {"standardiseLogits": True, "alpha": 9, "beta": 72, "temperature": 2}
case("DKD", {"epoch": 10, "warmup": 20, **standardised}, distiller("lskd/DKD.py", dkd, epoch=10))
for tau_w, tau_s in [(0.9, 0.2), (0.7, 0.6)]:
    settings = Settings(CE_WEIGHT=1.0, WV_WEIGHT=2.0, CV_WEIGHT=0.5, TEMPERATURE=4.0, TAU_W=tau_w, TAU_S=tau_s)
    case("CRLD", {"weakConfidence": tau_w, "strongConfidence": tau_s}, distiller("crld/CRLD.py", Settings(CRLD=settings), pair=True))


def alone(path, name, *arguments):
    """The losses of a module that has the divergence alone."""
    module = getattr(load(public / path), name)(*arguments)
    return lambda weak, _strong: [module(weak[0], weak[1])]


case("WTTM", {"exponent": 0.2, "ceWeight": 0, "kdWeight": 1}, alone("ttm/wttm.py", "WTTM", 0.2))
case("WTTM", {"exponent": 0.1, "ceWeight": 0, "kdWeight": 1, "weighted": False}, alone("ttm/ttm.py", "TTM", 0.1))
case("DIST", {"ceWeight": 0}, alone("ttm/dist.py", "DIST", 2.0, 2.0, 4.0))
case("DIST", {"ceWeight": 0, "interWeight": 1, "intraWeight": 3, "temperature": 1}, alone("ttm/dist.py", "DIST", 1.0, 3.0, 1.0))

vectors = {"seed": SEED, "batch": BATCH, "classes": CLASSES, "target": target.tolist(), **{k: v.tolist() for k, v in logits.items()}, "cases": cases}
Path(f"public-code-b{BATCH}-c{CLASSES}.json").write_text(json.dumps(vectors) + "\n")
