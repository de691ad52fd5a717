"""Small models, one construct of torch.export each, and torchvision's, for make_archives.py."""

import torch
import torch.nn.functional as F
from torch import nn


class Case:
    """A model and how it is exported. `inputs` is what its TorchScript form takes: arguments that the export fixes are
    none of them; by default all of `args` and `kwargs`."""

    def __init__(self, model, args, kwargs=None, dynamic=None, inputs=None, decompose=True, writes=False, strict=None):
        self.model, self.args, self.kwargs = model, args, kwargs or {}
        self.dynamic, self.decompose, self.writes, self.strict = dynamic, decompose, writes, strict
        self.inputs = list(args) + list(self.kwargs.values()) if inputs is None else inputs


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.fc = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Linear(8, 4)

    def forward(self, x):
        return self.fc(F.adaptive_avg_pool2d(F.relu(self.norm(self.conv(x))), 1).flatten(1))


class Counter(nn.Module):
    """Writes to a buffer; has one that is not saved, and a constant."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.register_buffer("calls", torch.zeros(()))
        self.register_buffer("weights", torch.ones(4), persistent=False)

    def forward(self, x):
        self.calls.add_(1)
        return self.fc(x) * self.weights + self.calls + torch.tensor([1.0, 2, 3, 4])


class Twice(nn.Module):
    """A layer with two names, called three times."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.alias = self.fc

    def forward(self, x):
        return self.alias(self.fc(self.fc(x)))


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.fc, self.head = nn.Embedding(11, 6), nn.Linear(6, 6), nn.Linear(6, 11, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, x):
        return self.head(torch.tanh(self.fc(self.embed(x))))


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, xs, named, *, scale):
        return {"a": self.fc(xs[0]) + xs[1], "b": [named["u"] * scale, named["v"]], "c": (xs[0],)}


class NoGrad(nn.Module):
    def __init__(self):
        super().__init__()
        self.frozen, self.fc = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        with torch.no_grad():
            y = self.frozen(x)
        return self.fc(x) + y


class Autocast(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.fc(x)


class Cond(nn.Module):
    def __init__(self):
        super().__init__()
        self.yes, self.no = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda x: self.yes(x), lambda x: self.no(x), (x,))


class Loop(nn.Module):
    def forward(self, x):
        from torch._higher_order_ops.while_loop import while_loop

        return while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * 2), (torch.tensor(0), x))


class Sizes(nn.Module):
    """Computes with sizes that differ from call to call."""

    def __init__(self):
        super().__init__()
        self.qk = nn.Linear(8, 8)

    def forward(self, x):
        n, t, c = x.shape
        q = self.qk(x).view(n, t, 2, c // 2).transpose(1, 2)
        later = torch.arange(t)[None, :] > torch.arange(t)[:, None]
        a = (q @ q.transpose(-1, -2)).masked_fill(later, -1e9).softmax(-1)
        return (a @ q).transpose(1, 2).reshape(n, t, c)[:, : t - 1].sum() / (n * t)


class Attention(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.qkv, self.kind = nn.Linear(8, 24), kind

    def forward(self, x):
        n, t, c = x.shape
        q, k, v = (part.view(n, t, 2, 4).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
        more = {}
        if self.kind == "causal":
            more["is_causal"] = True
        elif self.kind == "mask":
            more["attn_mask"] = torch.ones(t, t, dtype=torch.bool).tril()
        elif self.kind == "blind":  # the first row sees nothing
            more["attn_mask"] = torch.ones(t, t, dtype=torch.bool).tril(-1)
        elif self.kind == "bias":
            more["attn_mask"] = torch.linspace(-1, 1, t * t).view(t, t)
        elif self.kind == "scale":
            more["scale"] = 0.3
        elif self.kind == "grouped":
            k, v, more["enable_gqa"] = k[:, :1], v[:, :1], True
        return F.scaled_dot_product_attention(q, k, v, **more).transpose(1, 2).reshape(n, t, c)


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x, y):
        return self.attention(x, y, y, need_weights=True)


class Half(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4).to(torch.bfloat16)

    def forward(self, x):
        return self.fc(x.to(torch.bfloat16)).float()


class Cache(nn.Module):
    """Keeps keys from call to call."""

    def __init__(self):
        super().__init__()
        self.register_buffer("keys", torch.zeros(2, 8, 4))
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        with torch.no_grad():
            self.keys[:, 2:4] = self.fc(x)
        return self.keys.sum(-1)


class PastItsParent(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.fc = Twice(), nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(self.inner.fc(x)) + self.inner(x)


class FromData(nn.Module):
    def forward(self, x):
        k = x.argmax().item()
        torch._check(k >= 0)
        torch._check(k < x.numel())
        return x * k


class Images(nn.Module):
    def __init__(self):
        super().__init__()
        self.reflect = nn.Conv2d(2, 4, 3, padding=1, padding_mode="reflect")
        self.circular = nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular")
        self.norm, self.up = nn.GroupNorm(2, 4), nn.ConvTranspose2d(4, 2, 2, 2)

    def forward(self, x):
        x = self.up(F.gelu(self.norm(self.circular(self.reflect(x)))))
        return F.interpolate(x, scale_factor=2.0, mode="bilinear")


class Fixed(nn.Module):
    def forward(self, x, times: int, doubled: bool):
        return x * times * 2 if doubled else x * times


class InPlace(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        y = self.fc(x).clone()
        y[:, 0] = 0
        y.relu_()
        y[:, 1] += x[:, 1]
        i = torch.tensor([0, 1])
        return y[i], y.index_select(1, i), y.topk(2)[0]


class WritesInput(nn.Module):
    def forward(self, x):
        x.add_(1)
        return x * 2


class Optional(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x, gate=None):
        return self.fc(x) if gate is None else self.fc(x) * gate


class Views(nn.Module):
    """Weights that are views of larger ones."""

    def __init__(self):
        super().__init__()
        self.every_second = nn.Parameter(torch.randn(4, 8)[:, ::2])
        self.turned = nn.Parameter(torch.randn(4, 4).t())

    def forward(self, x):
        return x @ self.every_second + F.linear(x, self.turned)


class Rotary(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(8, 8, bias=False)

    def forward(self, x):
        angles = torch.outer(torch.arange(x.size(1)).float(), 1 / (10000 ** (torch.arange(0, 8, 2).float() / 8)))
        cos, sin, q = angles.cos(), angles.sin(), self.q(x)
        a, b = q[..., ::2], q[..., 1::2]
        return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)


class Many(nn.Module):
    """Operators with several results, numbers for tensors, lists."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(3, 4, 5))

    def forward(self, x):
        return (torch.einsum("bi,hij->bhj", x, self.w), torch.where(x > 0, x, 0.5), x.std(0), 1 - x,
                torch.cat([x, x], 1).split([3, 5], 1)[1], x.unbind(1)[2], x.clamp(min=0), x**0.5, 2.0 / (x + 1),
                x.pow(2).mean(-1, keepdim=True), (x > 0.5) & (x < 0.9), x.argsort(-1), torch.full_like(x, True))


class Norms(nn.Module):
    def __init__(self):
        super().__init__()
        self.instance, self.group = nn.InstanceNorm2d(4, affine=True), nn.GroupNorm(2, 4)
        self.layer, self.rms = nn.LayerNorm([4, 3, 3]), nn.RMSNorm([3, 3])

    def forward(self, x):
        return self.rms(self.layer(self.group(self.instance(x))))


class Reductions(nn.Module):
    def forward(self, x):
        return (x.amax(1), x.var(unbiased=False), x.logsumexp(1), x.any(), (x > 0).all(1), x.argmin(),
                torch.std_mean(x, 1), F.one_hot((x[:, 0] > 0).long(), 4))


class ComplexNumbers(nn.Module):
    def forward(self, x):
        turned = torch.view_as_complex(x.view(2, -1, 2)) * 1j
        return torch.view_as_real(turned).flatten(1), torch.fft.irfft(torch.fft.rfft(x))


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 8)

    def forward(self, x):
        a, b = self.fc(x).chunk(2, -1)
        best, where = (a * torch.sigmoid(b)).max(-1)
        return best, where


class Dropped(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop, self.fc, self.same = nn.Dropout(0.5), nn.Linear(4, 4), nn.Identity()

    def forward(self, x):
        return self.fc(self.same(self.drop(x)))


def small():
    n, t = torch.export.Dim("n"), torch.export.Dim("t", min=4, max=64)
    x, image = torch.randn(2, 4), torch.randn(4, 3, 8, 8)
    cases = {
        "tiny": Case(Tiny(), (image,), dynamic=[{0: n}]),
        "tiny_train": Case(Tiny().train(), (image,)),
        "fixed": Case(Tiny(), (image,)),
        "strict": Case(Tiny(), (image,), dynamic=[{0: n}], strict=True),
        "counter": Case(Counter(), (x,), writes=True),
        "twice": Case(Twice(), (x,)),
        "tied": Case(Tied(), (torch.randint(0, 11, (3, 5)),), dynamic=[{0: n}]),
        "nested": Case(Nested(), ([x, x + 1], {"u": x * 2, "v": x * 3}), {"scale": torch.tensor(2.0)}),
        "nograd": Case(NoGrad(), (x,)),
        "autocast": Case(Autocast(), (x,)),
        "cond": Case(Cond(), (x,)),
        "loop": Case(Loop(), (torch.randn(3),), decompose=False),
        "sizes": Case(Sizes(), (torch.randn(2, 6, 8),), dynamic=[{0: n, 1: t}]),
        "lstm": Case(nn.LSTM(6, 5, 2, batch_first=True, bidirectional=True), (torch.randn(3, 4, 6),)),
        "gru": Case(nn.GRU(6, 5, batch_first=True), (torch.randn(3, 4, 6),)),
        "mha": Case(TwoInputs(), (torch.randn(2, 5, 8), torch.randn(2, 6, 8))),
        "encoder": Case(nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2,
                                              enable_nested_tensor=False), (torch.randn(2, 5, 8),)),
        "decoder": Case(nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16, batch_first=True), 1),
                        (torch.randn(2, 5, 8), torch.randn(2, 6, 8))),
        "half": Case(Half(), (x,)),
        "cache": Case(Cache(), (torch.randn(2, 2, 4),), writes=True),
        "past_its_parent": Case(PastItsParent(), (x,)),
        "from_data": Case(FromData(), (torch.tensor([1.0, 5, 2]),), decompose=False),
        "images": Case(Images(), (torch.randn(2, 2, 8, 8),)),
        "weight_norm": Case(nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)), nn.ReLU()), (x,)),
        "fixed_arguments": Case(Fixed(), (x, 3, True), inputs=[x], decompose=False),
        "in_place": Case(InPlace(), (torch.randn(3, 4),)),
        "writes_input": Case(WritesInput(), (x,), writes=True),
        "optional": Case(Optional(), (x,)),
        "views": Case(Views(), (x,)),
        "rotary": Case(Rotary(), (torch.randn(2, 5, 8),), dynamic=[{1: t}]),
        "many": Case(Many(), (torch.rand(3, 4),)),
        "gated": Case(Gated(), (x,)),
        "norms": Case(Norms(), (torch.randn(2, 4, 3, 3),)),
        "reductions": Case(Reductions(), (x,)),
        "complex_numbers": Case(ComplexNumbers(), (x,)),
        "dropped": Case(Dropped(), (x,)),
    }
    for kind in ("plain", "causal", "mask", "bias", "blind", "scale", "grouped"):
        cases["attention_" + kind] = Case(Attention(kind), (torch.randn(2, 5, 8),))
    return cases


def torchvision_models():
    """Names of models, and makers of cases with random weights."""
    import torchvision.models as tv

    n = torch.export.Dim("n")

    def classifier(name, size, **more):
        return lambda: Case(getattr(tv, name)(weights=None, **more), (torch.randn(2, 3, size, size),),
                            dynamic=[{0: n}])

    def segmentation(name):
        return lambda: Case(getattr(tv.segmentation, name)(weights=None, weights_backbone=None),
                            (torch.randn(2, 3, 64, 64),), dynamic=[{0: n}])

    cases = {name: classifier(name, 64) for name in
             ("resnet18", "resnext50_32x4d", "mobilenet_v3_small", "densenet121", "efficientnet_b0", "regnet_y_400mf",
              "shufflenet_v2_x0_5", "squeezenet1_1", "mnasnet0_5", "convnext_tiny", "vgg11_bn")}
    cases.update({name: classifier(name, size) for name, size in
                  (("alexnet", 96), ("vit_b_32", 224), ("swin_t", 224), ("swin_v2_t", 256), ("maxvit_t", 224))})
    cases.update({name: classifier(name, size, init_weights=False) for name, size in
                  (("googlenet", 96), ("inception_v3", 128))})
    cases.update({name: segmentation(name) for name in
                  ("deeplabv3_resnet50", "fcn_resnet50", "lraspp_mobilenet_v3_large")})
    cases["r3d_18"] = lambda: Case(tv.video.r3d_18(weights=None), (torch.randn(1, 3, 4, 32, 32),))
    return cases
