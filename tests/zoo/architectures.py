"""The zoo: torchvision's architectures and transformers of our own (transformer_models.py), with random seeded weights."""
from pathlib import Path

import torch
import torchvision
from torchvision import models

from encoder_decoder_models import Conformer, Detr, Whisper
from transformer_models import Bert, Gpt, Llama, llama_of_pairs


def image(size, batch=2):
    return lambda: (torch.randn(batch, 3, size, size),)


def two_images():
    return tuple(torch.rand(1, 3, 128, 128) * 2 - 1 for _ in range(2))


def list_of_images():
    return ([torch.rand(3, 96, 128), torch.rand(3, 128, 96)],)


def words(count, length, samples=2):
    return torch.randint(0, count, (samples, length))


def padded_words(count, length):
    """And which of them are words: two fewer in each next sample."""
    return lambda: (words(count, length), (torch.arange(length) < length - 2 * torch.arange(2)[:, None]).long())


def words_and_cache():
    return words(500, 6), torch.randn(4, 2, 2, 8, 10, 32)


def sound_and_words():
    return torch.randn(2, 16, 64), words(200, 12)


def plain(name, **more):
    return lambda: getattr(models, name)(weights=None, **more)


def small_bert():
    return Bert(words=100, width=64, heads=4, layers=2, length=32)


def vit():
    """Its head starts as zeros, which would hide every mask."""
    model = models.vit_b_32(weights=None)
    torch.nn.init.normal_(model.heads.head.weight, std=0.02)
    return model


def lraspp():
    return models.segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None)


def raft():
    return models.optical_flow.raft_small(weights=None)


def detector():
    """Its own random weights are so small that nothing of the image reaches the heads."""
    model = models.detection.ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None)
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return model


QUICK = ("resnet18", "mobilenet_v3_small", "googlenet", "shufflenet_v2_x0_5", "squeezenet1_1", "bert, small", "conformer")

# name -> (how to build it, how to draw one batch, forms)
BOTH = ("scripted", "traced")
ZOO = {
    "resnet18": (plain("resnet18"), image(64), BOTH),
    "mobilenet_v3_small": (plain("mobilenet_v3_small"), image(64), BOTH),
    "googlenet": (plain("googlenet", init_weights=False), image(64), BOTH),
    "densenet121": (plain("densenet121"), image(64), BOTH),
    "shufflenet_v2_x0_5": (plain("shufflenet_v2_x0_5"), image(64), BOTH),
    "squeezenet1_1": (plain("squeezenet1_1"), image(64), BOTH),
    "efficientnet_b0": (plain("efficientnet_b0"), image(64), BOTH),
    "swin_t": (plain("swin_t"), image(64), BOTH),
    "vit_b_32": (vit, image(224), BOTH),
    "swin_v2_t": (plain("swin_v2_t"), image(64), BOTH),
    "maxvit_t": (plain("maxvit_t"), image(224), BOTH),
    "bert": (Bert, padded_words(1000, 128), BOTH),
    "bert, small": (small_bert, padded_words(100, 16), BOTH),
    "gpt with a cache": (Gpt, words_and_cache, BOTH),
    "llama, halves rotated": (Llama, lambda: (words(500, 24),), BOTH),
    "llama, pairs rotated": (llama_of_pairs, lambda: (words(500, 24),), BOTH),
    "conformer": (Conformer, lambda: (torch.randn(2, 24, 20),), BOTH),
    "detr": (Detr, image(64), BOTH),
    "whisper": (Whisper, sound_and_words, BOTH),
    "lraspp_mobilenet_v3_large": (lraspp, image(64), BOTH),
    "raft_small": (raft, two_images, BOTH),
    "ssdlite320_mobilenet_v3_large": (detector, list_of_images, ("scripted",)),  # the tracer takes no list of images
}


def build(name):
    torch.manual_seed(0)
    return ZOO[name][0]().eval()


def draw_batches(name, count):
    torch.manual_seed(1)
    return [ZOO[name][1]() for _ in range(count)]


def plug_in():
    """torchvision's operators (nms of the detector), as a library."""
    return str(next(Path(torchvision.__file__).parent.glob("_C*.so")))
