"""Constructs that models of all kinds share: each net is small and has one of them. name -> (build, draw a batch, forms)."""
from typing import List

import torch
from torch import nn

from attention_constructs import ATTENTION

BOTH = ("scripted", "traced")


class Conv(nn.Module):
    """As YOLO's: one activation for all of them, which the tracer hands over as an argument."""
    act = nn.SiLU()

    def __init__(self, into, out):
        super().__init__()
        self.conv = nn.Conv2d(into, out, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(out)
        self.act = Conv.act

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


class Yolo(nn.Module):
    """Splits, residuals, scales that are joined, a head for each."""

    def __init__(self):
        super().__init__()
        self.stem, self.down = Conv(3, 8), Conv(8, 16)
        self.inside, self.joined = Conv(8, 8), Conv(24, 16)
        self.heads = nn.ModuleList([nn.Conv2d(16, 6, 1), nn.Conv2d(16, 6, 1)])

    def forward(self, x):
        x = self.down(self.stem(x))
        a, b = x.chunk(2, 1)
        x = self.joined(torch.cat([a, b, b + self.inside(b)], 1))
        small = nn.functional.max_pool2d(x, 2)
        outputs = []
        for head, level in zip(self.heads, (x, small)):
            outputs.append(head(level))
        return outputs


class Head(nn.Module):
    def __init__(self, conv):
        super().__init__()
        self.conv, self.bn, self.out = conv, nn.BatchNorm2d(8), nn.Conv2d(8, 4, 1)

    def forward(self, x):
        return self.out(torch.relu(self.bn(self.conv(x))))


class Ssd(nn.Module):
    """One convolution for the heads of all scales, each with a norm of its own."""

    def __init__(self):
        super().__init__()
        shared = nn.Conv2d(8, 8, 3, padding=1)
        self.body, self.more = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.near, self.far = Head(shared), Head(shared)

    def forward(self, x):
        x = torch.relu(self.body(x))
        y = torch.relu(self.more(nn.functional.avg_pool2d(x, 2)))
        return self.near(x), self.far(y)


class TiedLanguageModel(nn.Module):
    def __init__(self, words=30, width=16):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.up, self.down = nn.Linear(width, 32), nn.Linear(32, width)
        self.head = nn.Linear(width, words, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens):
        x = self.embedding(tokens)
        return self.head(x + self.down(torch.relu(self.up(x))))


class GraphNet(nn.Module):
    """Messages along edges: no dimension is a batch."""

    def __init__(self):
        super().__init__()
        self.message, self.update, self.out = nn.Linear(12, 16), nn.Linear(22, 16), nn.Linear(16, 3)

    def forward(self, nodes, edges):
        sent = torch.relu(self.message(torch.cat([nodes[edges[0]], nodes[edges[1]]], 1)))
        gathered = torch.zeros(nodes.size(0), 16, dtype=nodes.dtype).index_add(0, edges[1], sent)
        return self.out(torch.relu(self.update(torch.cat([nodes, gathered], 1))))


class Encoder(nn.Module):
    """PyTorch's own encoder, whose fast path makes nested tensors of padded sequences."""

    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.out = nn.Linear(16, 3)

    def forward(self, x, padding):
        return self.out(self.encoder(x, src_key_padding_mask=padding)[:, 0])


class Forked(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(8, 16)
        self.left, self.right, self.out = nn.Linear(16, 16), nn.Linear(16, 16), nn.Linear(16, 3)

    def forward(self, x):
        x = torch.relu(self.first(x))
        futures: List[torch.jit.Future[torch.Tensor]] = []
        futures.append(torch.jit.fork(self.left, x))
        futures.append(torch.jit.fork(self.right, x))
        y = torch.zeros_like(x)
        for future in futures:
            y = y + torch.jit.wait(future)
        return self.out(torch.relu(y))


class Experts(nn.Module):
    """Each row goes to one of three experts; the last never gets any."""

    def __init__(self):
        super().__init__()
        self.first, self.router, self.out = nn.Linear(8, 16), nn.Linear(16, 2), nn.Linear(16, 3)
        self.experts = nn.ModuleList([nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 16)) for _ in range(3)])

    def forward(self, x):
        x = torch.relu(self.first(x))
        choice = self.router(x).argmax(1)
        y = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            rows = torch.where(choice == number)[0]
            y = y.index_add(0, rows, expert(x[rows]))
        return self.out(x + y)


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.narrow = nn.Linear(8, 32), nn.Linear(32, 12)
        self.widen, self.out = nn.Linear(12, 32), nn.Linear(32, 8)

    @torch.jit.export
    def encode(self, x):
        return self.narrow(torch.relu(self.inner(x)))

    @torch.jit.export
    def decode(self, code):
        return self.out(torch.relu(self.widen(code)))

    def forward(self, x):
        return self.decode(self.encode(x))


def images():
    return (torch.randn(4, 3, 16, 16),)


def rows():
    return (torch.randn(6, 8),)


def words():
    return (torch.randint(0, 30, (4, 9)),)


def graph():
    return torch.randn(7, 6), torch.randint(0, 7, (2, 11))


def padded():
    lengths = torch.tensor([6, 3, 5, 2])
    return torch.randn(4, 6, 16), torch.arange(6)[None] >= lengths[:, None]


CONSTRUCTS = {
    "one activation for all": (Yolo, images, BOTH),
    "heads that share a layer": (Ssd, images, BOTH),
    "tied weights": (TiedLanguageModel, words, BOTH),
    "graph": (GraphNet, graph, BOTH),
    "encoder with padding": (Encoder, padded, ("scripted",)),  # the tracer records one path only
    "forks": (Forked, rows, ("scripted",)),
    "mixture of experts": (Experts, rows, ("scripted",)),
    "several methods": (Autoencoder, rows, ("scripted",)),
    **ATTENTION,
}
