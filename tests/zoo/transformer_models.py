"""Transformers as people write them, in plain torch.nn, of any size: each class takes its widths."""
import math

import torch
from torch import nn
from torch.nn import functional


def heads_of(x, heads: int):
    """[N, L, heads * d] as [N, heads, L, d]"""
    return x.view(x.size(0), x.size(1), heads, -1).transpose(1, 2)


def joined(x):
    """[N, heads, L, d] as [N, L, heads * d]"""
    return x.transpose(1, 2).flatten(2)


# ---- BERT ----


class BertLayer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.scale = heads, 1 / math.sqrt(width // heads)
        self.query, self.key, self.value = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width)
        self.dense, self.norm = nn.Linear(width, width), nn.LayerNorm(width)
        self.up, self.down, self.out_norm = nn.Linear(width, 4 * width), nn.Linear(4 * width, width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x, mask):
        q, k, v = heads_of(self.query(x), self.heads), heads_of(self.key(x), self.heads), heads_of(self.value(x), self.heads)
        scores = torch.matmul(q, k.transpose(-1, -2)) * self.scale + mask
        weights = self.dropout(torch.softmax(scores, -1))
        x = self.norm(x + self.dropout(self.dense(joined(torch.matmul(weights, v)))))
        return self.out_norm(x + self.dropout(self.down(functional.gelu(self.up(x)))))


class Bert(nn.Module):
    """tokens, mask [N, L] (1: a word, 0: padding) -> classes, words"""

    def __init__(self, words=1000, width=768, heads=12, layers=12, length=128):
        super().__init__()
        self.words, self.positions = nn.Embedding(words, width), nn.Embedding(length, width)
        self.norm, self.dropout = nn.LayerNorm(width), nn.Dropout(0.1)
        self.layers = nn.ModuleList([BertLayer(width, heads) for _ in range(layers)])
        self.pooler, self.classifier = nn.Linear(width, width), nn.Linear(width, 3)

    def forward(self, tokens, mask):
        x = self.words(tokens) + self.positions(torch.arange(tokens.size(1), device=tokens.device))
        x = self.dropout(self.norm(x))
        additive = (1 - mask[:, None, None, :].to(x.dtype)) * -10000
        for layer in self.layers:
            x = layer(x, additive)
        return self.classifier(torch.tanh(self.pooler(x[:, 0])))


# ---- GPT ----


class GptLayer(nn.Module):
    def __init__(self, width, heads, length):
        super().__init__()
        self.heads = heads
        self.norm, self.qkv, self.proj = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp_norm, self.up, self.down = nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.register_buffer("causal", torch.ones(length, length, dtype=torch.bool).tril())

    def forward(self, x, past):
        """past [2, N, heads, T, d]: keys and values of the words before"""
        q, k, v = self.qkv(self.norm(x)).split(x.size(-1), dim=2)
        k, v = torch.cat([past[0], heads_of(k, self.heads)], 2), torch.cat([past[1], heads_of(v, self.heads)], 2)
        scores = heads_of(q, self.heads) @ k.transpose(-2, -1) * (1 / math.sqrt(k.size(-1)))
        allowed = self.causal[k.size(2) - x.size(1):k.size(2), :k.size(2)]
        weights = torch.softmax(scores.masked_fill(~allowed, float("-inf")), -1)
        x = x + self.proj((weights @ v).transpose(1, 2).contiguous().view(x.size()))
        return x + self.down(functional.gelu(self.up(self.mlp_norm(x)))), torch.stack([k, v])


class Gpt(nn.Module):
    """tokens, past [layers, 2, N, heads, T, d] -> scores of the next words, the cache with these; T may be 0"""

    def __init__(self, words=500, width=256, heads=8, layers=4, length=64):
        super().__init__()
        self.words, self.positions = nn.Embedding(words, width), nn.Embedding(length, width)
        self.layers = nn.ModuleList([GptLayer(width, heads, length) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, words, bias=False)
        self.head.weight = self.words.weight

    def forward(self, tokens, past):
        first = past.size(4)
        x = self.words(tokens) + self.positions(torch.arange(first, first + tokens.size(1), device=tokens.device))
        caches = []
        for index, layer in enumerate(self.layers):
            x, cache = layer(x, past[index])
            caches.append(cache)
        return self.head(self.norm(x)), torch.stack(caches)


# ---- LLaMA ----


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(width) + 0.5)

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


class RotateHalves(nn.Module):
    """Channel i with i + d / 2, as Hugging Face's"""

    def forward(self, x, cos, sin):
        half = x.size(-1) // 2
        turned = torch.cat([-x[..., half:], x[..., :half]], -1)
        return x * torch.cat([cos, cos], -1) + turned * torch.cat([sin, sin], -1)


class RotatePairs(nn.Module):
    """Channel 2i with 2i + 1, as Meta's"""

    def forward(self, x, cos, sin):
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


class Repeat(nn.Module):
    def forward(self, x, times: int):
        return x.repeat_interleave(times, 1)


class Expand(nn.Module):
    def forward(self, x, times: int):
        n, groups, length, width = x.size()
        return x[:, :, None].expand(n, groups, times, length, width).reshape(n, groups * times, length, width)


class LlamaLayer(nn.Module):
    def __init__(self, width, heads, groups, rotate, repeat):
        super().__init__()
        d = width // heads
        self.heads, self.groups, self.rotate, self.repeat = heads, groups, rotate(), repeat()
        self.norm, self.mlp_norm = RmsNorm(width), RmsNorm(width)
        self.wq, self.wo = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.wk, self.wv = nn.Linear(width, groups * d, bias=False), nn.Linear(width, groups * d, bias=False)
        hidden = 8 * width // 3
        self.gate, self.up = nn.Linear(width, hidden, bias=False), nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x, cos, sin, mask):
        h = self.norm(x)
        q = self.rotate(heads_of(self.wq(h), self.heads), cos, sin)
        k = self.rotate(heads_of(self.wk(h), self.groups), cos, sin)
        k = self.repeat(k, self.heads // self.groups)
        v = self.repeat(heads_of(self.wv(h), self.groups), self.heads // self.groups)
        weights = torch.softmax(torch.matmul(q, k.transpose(2, 3)) / math.sqrt(q.size(-1)) + mask, -1)
        x = x + self.wo(joined(torch.matmul(weights, v)))
        h = self.mlp_norm(x)
        return x + self.down(functional.silu(self.gate(h)) * self.up(h))


class Llama(nn.Module):
    """tokens -> scores of the next words; grouped queries"""

    def __init__(self, words=500, width=256, heads=8, groups=2, layers=4, length=64, rotate=RotateHalves, repeat=Repeat):
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.layers = nn.ModuleList([LlamaLayer(width, heads, groups, rotate, repeat) for _ in range(layers)])
        self.norm, self.head = RmsNorm(width), nn.Linear(width, words, bias=False)
        d = width // heads
        angles = torch.outer(torch.arange(length), 10000 ** (-torch.arange(0, d, 2) / d))
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def forward(self, tokens):
        n = tokens.size(1)
        x = self.words(tokens)
        mask = torch.full([n, n], float("-inf"), dtype=x.dtype, device=x.device).triu(1)
        for layer in self.layers:
            x = layer(x, self.cos[:n], self.sin[:n], mask)
        return self.head(self.norm(x))


def llama_of_pairs(**sizes):
    return Llama(rotate=RotatePairs, repeat=Expand, **sizes)
