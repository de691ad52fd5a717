"""The models of the benchmarks, by name."""
import torch
import torchvision
from torch import nn


class Recurrent(nn.Module):
    """Reads the rows of an image."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3 * 224, 256, num_layers=2, batch_first=True)
        self.fc = nn.Linear(256, 10)

    def forward(self, x):
        rows = x.permute(0, 2, 1, 3).flatten(2)
        return self.fc(self.lstm(rows)[0][:, -1])


NETWORKS = {
    "resnet18": lambda: torchvision.models.resnet18(weights=None),
    "mobilenet_v3_small": lambda: torchvision.models.mobilenet_v3_small(weights=None),
    "swin_t": lambda: torchvision.models.swin_t(weights=None),
    "googlenet": lambda: torchvision.models.googlenet(weights=None, init_weights=False),
    "lstm": Recurrent,
}


def layers_in_call_order(model):
    """FQNs of the Conv2d, Linear and LSTM layers that are called."""
    called = {}

    def note(name):
        def hook(*_):
            called.setdefault(name)
        return hook

    handles = [module.register_forward_pre_hook(note(name)) for name, module in model.named_modules()
               if isinstance(module, (nn.Conv2d, nn.Linear, nn.LSTM))]
    with torch.no_grad():
        model(torch.randn(1, 3, 224, 224))
    for handle in handles:
        handle.remove()
    return list(called)


def kept_dim(module):
    """Of the layer's input: channels, or features."""
    return 1 if isinstance(module, nn.Conv2d) else -1
