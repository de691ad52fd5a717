"""PyTorch's attention, scripted and traced: what its functions read of layers, and the in-projections, are calls.

Usage: attention.py ACTSPARSE OBSERVE
"""
import sys
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "parity"))

import torch  # noqa: E402
from torch import nn  # noqa: E402

from check import ModelCheck  # noqa: E402
from reference import sparsifier_class  # noqa: E402

WIDTH, HEADS, TOKENS, BATCH = 8, 2, 5, 3


class SelfAttention(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.first = nn.MultiheadAttention(WIDTH, HEADS, **options)
        self.second = nn.MultiheadAttention(WIDTH, HEADS, **options)

    def forward(self, x):
        x = x + self.first(x, x, x)[0]
        return x + self.second(x, x, x, need_weights=False)[0]


class CrossAttention(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True, **options)

    def forward(self, x, memory):
        return self.attention(x, memory, memory)[0]


def tokens():
    return torch.randn(BATCH, TOKENS, WIDTH)


def encoder(**options):
    layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 2 * WIDTH, batch_first=True, **options)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


# PyTorch 1.13 cannot script attention without biases, or with keys of another width.
ONLY_TRACED = ("self-attention without biases", "cross-attention of another width")

# name -> (model, inputs of one batch)
NETS = {
    "self-attention": (lambda: SelfAttention(batch_first=True), lambda: (tokens(),)),
    "self-attention, sequence first": (SelfAttention, lambda: (tokens(),)),
    "self-attention without biases": (lambda: SelfAttention(bias=False), lambda: (tokens(),)),
    "cross-attention": (CrossAttention, lambda: (tokens(), tokens())),
    "cross-attention of another width": (lambda: CrossAttention(kdim=6, vdim=6),
                                         lambda: (tokens(), torch.randn(BATCH, TOKENS, 6))),
    "encoder": (encoder, lambda: (tokens(),)),
    "encoder, norm first": (lambda: encoder(norm_first=True, activation="gelu"), lambda: (tokens(),)),
    "decoder": (lambda: nn.TransformerDecoderLayer(WIDTH, HEADS, 2 * WIDTH, batch_first=True),
                lambda: (tokens(), tokens())),
}


def run_one(tools, name, form):
    torch.manual_seed(0)
    build, draw = NETS[name]
    model, batches = build().eval(), [draw() for _ in range(2)]
    result = ModelCheck(tools, form, model, batches).run()
    assert not result["uncalled"], f"{name} {form}: {result}"


def main():
    torch.set_num_threads(1)
    torch._C._jit_set_texpr_fuser_enabled(False)
    sparsifier_class()
    tools = SimpleNamespace(actsparse=sys.argv[1], observe=sys.argv[2], plug_in=None)
    failed = 0
    for name in NETS:
        for form in ("traced",) if name in ONLY_TRACED else ("scripted", "traced"):
            try:
                run_one(tools, name, form)
                print(f"ok: {name} {form}", flush=True)
            except Exception as error:  # the next net tells its own story
                failed += 1
                print(f"FAILED: {name} {form}: {error}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
