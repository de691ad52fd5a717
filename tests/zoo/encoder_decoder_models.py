"""Transformers with convolutions, two inputs or queries of their own: Conformer, Whisper and DETR in small, in plain torch.nn."""
import math

import torch
from torch import nn
from torch.nn import functional

from transformer_models import heads_of, joined


# ---- Conformer ----


class RelativeAttention(nn.Module):
    """As Transformer-XL's: content and position have biases of their own, and the positions' scores are shifted by rows."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.d = heads, width // heads
        self.q, self.k, self.v = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width)
        self.positions, self.out = nn.Linear(width, width, bias=False), nn.Linear(width, width)
        self.u, self.w = nn.Parameter(torch.randn(heads, 1, self.d) * 0.1), nn.Parameter(torch.randn(heads, 1, self.d) * 0.1)

    def shifted(self, x):
        """[N, H, L, 2L - 1] -> [N, H, L, L]: row i from column L - 1 - i on"""
        n, heads, rows, columns = x.size()
        x = torch.cat([torch.zeros_like(x[..., :1]), x], -1).view(n, heads, columns + 1, rows)
        return x[:, :, 1:].reshape(n, heads, rows, columns)[..., :rows]

    def forward(self, x, places):
        q, k, v = heads_of(self.q(x), self.heads), heads_of(self.k(x), self.heads), heads_of(self.v(x), self.heads)
        p = heads_of(self.positions(places)[None], self.heads)
        scores = (q + self.u) @ k.transpose(-2, -1) + self.shifted((q + self.w) @ p.transpose(-2, -1))
        return self.out(joined(torch.softmax(scores / math.sqrt(self.d), -1) @ v))


class ConvolutionModule(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.widen = nn.LayerNorm(width), nn.Conv1d(width, 2 * width, 1)
        self.depthwise = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.bn, self.out = nn.BatchNorm1d(width), nn.Conv1d(width, width, 1)

    def forward(self, x):
        x = functional.glu(self.widen(self.norm(x).transpose(1, 2)), 1)
        return self.out(functional.silu(self.bn(self.depthwise(x)))).transpose(1, 2)


class Hidden(nn.Sequential):
    def __init__(self, width):
        super().__init__(nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.SiLU(), nn.Linear(4 * width, width))


class ConformerBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.first, self.last = Hidden(width), Hidden(width)
        self.attention_norm, self.attention = nn.LayerNorm(width), RelativeAttention(width, heads)
        self.convolution, self.norm = ConvolutionModule(width), nn.LayerNorm(width)

    def forward(self, x, places):
        x = x + 0.5 * self.first(x)
        x = x + self.attention(self.attention_norm(x), places)
        x = x + self.convolution(x)
        return self.norm(x + 0.5 * self.last(x))


class Conformer(nn.Module):
    """features [N, L, 20] -> scores of the letters"""

    def __init__(self, width=144, heads=4, blocks=2, length=64):
        super().__init__()
        self.project, self.out = nn.Linear(20, width), nn.Linear(width, 30)
        self.blocks = nn.ModuleList([ConformerBlock(width, heads) for _ in range(blocks)])
        self.register_buffer("places", torch.randn(2 * length - 1, width))
        self.length = length

    def forward(self, x):
        x = self.project(x)
        places = self.places[self.length - x.size(1):self.length - 1 + x.size(1)]
        for block in self.blocks:
            x = block(x, places)
        return self.out(x)


# ---- DETR ----


class Detr(nn.Module):
    """images -> classes and boxes of each query; attention is PyTorch's own"""

    def __init__(self, width=64, heads=4, queries=10, layers=2):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 7, 4, 3), nn.ReLU(), nn.Conv2d(16, width, 3, 2, 1))
        self.columns, self.rows = nn.Parameter(torch.rand(16, width // 2)), nn.Parameter(torch.rand(16, width // 2))
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(width, heads, 2 * width, batch_first=True), 1, enable_nested_tensor=False)
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(width, heads, 2 * width, batch_first=True), layers,
                                             nn.LayerNorm(width))
        self.queries = nn.Parameter(torch.randn(queries, width))
        self.classes = nn.Linear(width, 6)
        self.boxes = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 4))

    def forward(self, images):
        x = self.stem(images)
        height, width = x.size(2), x.size(3)
        places = torch.cat([self.columns[:width][None].expand(height, -1, -1), self.rows[:height][:, None].expand(-1, width, -1)], -1)
        memory = self.encoder(x.flatten(2).transpose(1, 2) + places.flatten(0, 1))
        found = self.decoder(self.queries[None].expand(x.size(0), -1, -1), memory)
        return self.classes(found), torch.sigmoid(self.boxes(found))


# ---- Whisper ----


class WhisperAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x, source, mask):
        q, k, v = self.query(x), self.key(source), self.value(source)
        scale = (q.size(2) // self.heads) ** -0.25
        q = q.view(q.size(0), q.size(1), self.heads, -1).permute(0, 2, 1, 3) * scale
        k = k.view(k.size(0), k.size(1), self.heads, -1).permute(0, 2, 3, 1) * scale
        v = v.view(v.size(0), v.size(1), self.heads, -1).permute(0, 2, 1, 3)
        weights = torch.softmax(q @ k + mask, -1)
        return self.out((weights @ v).permute(0, 2, 1, 3).flatten(2))


class WhisperBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attn, self.attn_ln = WhisperAttention(width, heads), nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.mlp_ln = nn.LayerNorm(width)

    def forward(self, x, mask):
        h = self.attn_ln(x)
        x = x + self.attn(h, h, mask)
        return x + self.mlp(self.mlp_ln(x))


class WhisperDecoderBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.block = WhisperBlock(width, heads)
        self.cross_attn, self.cross_attn_ln = WhisperAttention(width, heads), nn.LayerNorm(width)

    def forward(self, x, sound, mask, all_of_it):
        x = x + self.cross_attn(self.cross_attn_ln(x), sound, all_of_it)
        return self.block(x, mask)


class Whisper(nn.Module):
    """spectrograms [N, 16, 2L], tokens -> scores of the next words, by the embedding's own weight"""

    def __init__(self, width=128, heads=4, layers=2, words=200, length=64):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv1d(16, width, 3, padding=1), nn.Conv1d(width, width, 3, 2, 1)
        self.register_buffer("sound_places", torch.randn(length, width))
        self.register_buffer("causal", torch.full((length, length), float("-inf")).triu(1))
        self.encoder = nn.ModuleList([WhisperBlock(width, heads) for _ in range(layers)])
        self.encoder_norm, self.norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.words, self.places = nn.Embedding(words, width), nn.Parameter(torch.randn(length, width))
        self.decoder = nn.ModuleList([WhisperDecoderBlock(width, heads) for _ in range(layers)])

    def forward(self, sound, tokens):
        x = functional.gelu(self.conv2(functional.gelu(self.conv1(sound)))).permute(0, 2, 1)
        x = x + self.sound_places[:x.size(1)]
        all_of_it = torch.zeros([1, 1], dtype=x.dtype, device=x.device)
        for block in self.encoder:
            x = block(x, all_of_it)
        x = self.encoder_norm(x)
        y = self.words(tokens) + self.places[:tokens.size(1)]
        for decoding in self.decoder:
            y = decoding(y, x, self.causal[:tokens.size(1), :tokens.size(1)], all_of_it)
        return self.norm(y) @ self.words.weight.t()
