"""The architectures of the sample models. Images are 8x8 with pixels in [0, 1]; outputs are ten logits.

Most are trained with dropout, which helps a model to bear masked activations.
"""
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class DigitsCnn(nn.Module):
    """Two convolutions with batch norm, then a linear layer. images: [N, 1, 8, 8]."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(32)
        self.fc = nn.Linear(128, 10)

    def forward(self, images: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(images))), 2)
        x = F.dropout(x, 0.2, self.training)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = F.dropout(torch.flatten(x, 1), 0.5, self.training)
        return self.fc(x)


class SharedBlock(nn.Module):
    """x + f(x), where f calls one and the same convolution twice."""

    def __init__(self, channels: int):
        super().__init__()
        self.shared = nn.Conv2d(channels, channels, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(channels)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.shared(x)))
        return F.relu(x + self.bn2(self.shared(y)))


class DigitsResNet(nn.Module):
    """A convolution and two residual blocks. images: [N, 1, 8, 8]."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 16, 3, padding=1)
        self.block1 = SharedBlock(16)
        self.block2 = SharedBlock(16)
        self.fc = nn.Linear(64, 10)

    def forward(self, images: Tensor) -> Tensor:
        x = F.dropout(self.stem(images), 0.2, self.training)
        x = F.dropout(F.max_pool2d(self.block1(x), 2), 0.2, self.training)
        x = F.max_pool2d(self.block2(x), 2)
        return self.fc(torch.flatten(x, 1))


class DigitsLstm(nn.Module):
    """Reads an image row by row, top to bottom: 8 steps of 8 pixels. images: [N, 1, 8, 8]."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 48, batch_first=True)
        self.fc = nn.Linear(48, 10)

    def forward(self, images: Tensor) -> Tensor:
        steps, _ = self.lstm(images.squeeze(1))
        return self.fc(F.dropout(steps[:, -1], 0.2, self.training))


class DigitsAttention(nn.Module):
    """Self-attention over the rows of an image, given in any order.

    rows: [N, 8, 8]; positions: int64 [N, 8], where in the image each row stands.
    """

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(8, 32)
        self.position = nn.Embedding(8, 32)
        self.query = nn.Linear(32, 32)
        self.key = nn.Linear(32, 32)
        self.value = nn.Linear(32, 32)
        self.norm = nn.LayerNorm(32)
        self.hidden = nn.Linear(32, 64)
        self.fc = nn.Linear(64, 10)

    def forward(self, rows: Tensor, positions: Tensor) -> Tensor:
        x = self.embed(rows) + self.position(positions)
        scores = torch.matmul(self.query(x), self.key(x).transpose(1, 2)) / math.sqrt(32.0)
        x = self.norm(x + torch.matmul(F.softmax(scores, dim=-1), self.value(x)))
        return self.fc(F.relu(self.hidden(x)).mean(dim=1))
