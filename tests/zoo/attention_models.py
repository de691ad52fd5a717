"""One attention each, as it is written: einsum, bmm with heads beside the samples, baddbmm, and PyTorch's own layers."""
import torch
from torch import nn


class Projections(nn.Module):
    """q, k, v [N, L, heads * d], behind a layer whose channels may go."""

    def __init__(self, width=24, heads=3):
        super().__init__()
        self.heads, self.d = heads, width // heads
        self.first = nn.Linear(8, width)
        self.q, self.k, self.v = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width)
        self.out, self.norm, self.last = nn.Linear(width, width), nn.LayerNorm(width), nn.Linear(width, 3)


class Einsum(Projections):
    def forward(self, x):
        x = self.first(x)
        q, k, v = [y.view(x.size(0), x.size(1), self.heads, self.d) for y in (self.q(x), self.k(x), self.v(x))]
        weights = torch.softmax(torch.einsum("blhd,bmhd->bhlm", q, k) / self.d ** 0.5, -1)
        found = torch.einsum("bhlm,bmhd->blhd", weights, v)
        return self.last(self.norm(x + self.out(found.reshape(x.size()))))


class Merged(Projections):
    """Sequence first, heads beside the samples, as in fairseq and nn.MultiheadAttention."""

    def parted(self, x):
        return x.contiguous().view(x.size(0), x.size(1) * self.heads, self.d).transpose(0, 1)

    def forward(self, x, padding):
        x = self.first(x).transpose(0, 1)
        length, samples, width = x.size()
        q, k, v = self.parted(self.q(x) * self.d ** -0.5), self.parted(self.k(x)), self.parted(self.v(x))
        scores = torch.bmm(q, k.transpose(1, 2)).view(samples, self.heads, length, length)
        scores = scores.masked_fill(padding[:, None, None, :], -10000.0).view(samples * self.heads, length, length)
        found = torch.bmm(torch.softmax(scores, -1), v).transpose(0, 1).contiguous().view(length, samples, width)
        return self.last(self.norm(x + self.out(found)).transpose(0, 1))


class Alibi(Projections):
    """BLOOM's: a bias that grows with distance, by heads, in a baddbmm."""

    def __init__(self):
        super().__init__()
        self.register_buffer("slopes", torch.tensor([0.5, 0.25, 0.125]))

    def parted(self, x):
        return x.view(x.size(0), x.size(1), self.heads, self.d).transpose(1, 2).reshape(x.size(0) * self.heads, x.size(1), self.d)

    def forward(self, x):
        x = self.first(x)
        samples, length, width = x.size()
        q, k, v = self.parted(self.q(x)), self.parted(self.k(x)), self.parted(self.v(x))
        distance = torch.arange(length, device=x.device, dtype=x.dtype)
        alibi = (self.slopes[None, :, None] * distance).expand(samples, -1, -1).reshape(samples * self.heads, 1, length)
        weights = torch.softmax(torch.baddbmm(alibi, q, k.transpose(1, 2), beta=1.0, alpha=self.d ** -0.5), -1)
        found = torch.bmm(weights, v).view(samples, self.heads, length, self.d).permute(0, 2, 1, 3).reshape(samples, length, width)
        return self.last(self.norm(x + self.out(found)))


class Encoder(nn.Module):
    """nn.TransformerEncoder without nested tensors, in whatever path it takes."""

    def __init__(self, norm_first=False):
        super().__init__()
        self.first, self.last = nn.Linear(8, 24), nn.Linear(24, 3)
        layer = nn.TransformerEncoderLayer(24, 3, 32, batch_first=True, norm_first=norm_first)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, x, padding):
        return self.last(self.encoder(self.first(x), src_key_padding_mask=padding))


def encoder_with_norm_first():
    return Encoder(norm_first=True)


class OwnWeights(nn.Module):
    """nn.MultiheadAttention that gives its weights, too; sequence first."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(8, 24), nn.Linear(24, 3)
        self.attention = nn.MultiheadAttention(24, 3)

    def forward(self, x):
        x = self.first(x).transpose(0, 1)
        found, weights = self.attention(x, x, x, need_weights=True)
        return self.last(found + x), weights


class Cross(nn.Module):
    """nn.MultiheadAttention of values that have other widths, without weights."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(8, 24), nn.Linear(24, 3)
        self.attention = nn.MultiheadAttention(24, 3, kdim=12, vdim=8, batch_first=True)
        self.keys = nn.Linear(8, 12)

    def forward(self, x, source):
        x = self.first(x)
        found, _ = self.attention(x, torch.relu(self.keys(source)), source, need_weights=False)
        return self.last(x + found)
