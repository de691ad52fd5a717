"""What PyTorch itself makes of a model: calls, masks by its ActivationSparsifier, outputs under these masks."""
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn import functional

from reference import DEFAULTS, add, magnitude, mean_of_batch, sparsifier_class

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)
IN_PROJECTIONS = ("in_proj", "q_proj", "k_proj", "v_proj")


def layers_of(model):
    return {name: module for name, module in model.named_modules() if isinstance(module, (*CONVOLUTIONS, nn.Linear))}


def channels_axis(layer):
    """Of what enters it."""
    return 1 if isinstance(layer, CONVOLUTIONS) else -1


def in_projections(model):
    """Weights that no layer has: name -> parameter."""
    return {f"{name}.{use}": getattr(module, f"{use}_weight") for name, module in model.named_modules()
            if isinstance(module, nn.MultiheadAttention) for use in IN_PROJECTIONS
            if getattr(module, f"{use}_weight") is not None}


def reduced_dims(name):
    """An in-projection's input is [tokens, batch, width], whatever the model's order: no mask may keep the batch."""
    return [0, 1] if name.rpartition(".")[2] in IN_PROJECTIONS else [0]


def flat(value):
    """All tensors of an output. Scripted models return more containers than eager ones: only tensors count."""
    if isinstance(value, torch.Tensor):
        return [value.detach()]
    if isinstance(value, dict):
        return [tensor for key in sorted(value) for tensor in flat(value[key])]
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in flat(item)]
    return []


def outputs(model, batches):
    """Autograd keeps nn.MultiheadAttention in eager PyTorch from its fast path, which no mask can enter."""
    with torch.set_grad_enabled(bool(in_projections(model))):
        return [flat(model(*batch)) for batch in batches]


class Uses:
    """Of one model, by name, the module that stands for each use of a weight: the layer itself, or, where a function
    reads the weight of a layer that is never called (or an in-projection), an Identity that the function's input goes
    through."""

    def __init__(self, model, batches):
        self.model, self.batches = model, batches
        self.modules = layers_of(model)
        calls = self.count()
        weights = {name: module.weight for name, module in self.modules.items() if not calls[name]}
        weights.update(in_projections(model))
        self.doors = [(weight, nn.Identity()) for weight in weights.values()]
        self.modules.update(zip(weights, (door for _, door in self.doors)))
        for name in self.of_many_shapes(in_projections(model)):
            del self.modules[name]

    def of_many_shapes(self, names):
        """Cross-attention's weight is read for queries and for keys, and elementwise aggregates need equal shapes."""
        shapes = {name: set() for name in names}
        handles = [self.modules[name].register_forward_pre_hook(
            lambda _, inputs, seen=seen: seen.add(inputs[0].shape)) for name, seen in shapes.items()]
        self.outputs()
        for handle in handles:
            handle.remove()
        return [name for name, seen in shapes.items() if len(seen) > 1]

    def count(self):
        calls = dict.fromkeys(self.modules, 0)

        def counter(name):
            def hook(module, inputs):
                calls[name] += 1
            return hook

        handles = [module.register_forward_pre_hook(counter(name)) for name, module in self.modules.items()]
        self.outputs()
        for handle in handles:
            handle.remove()
        return calls

    def outputs(self):
        with self.opened():
            return outputs(self.model, self.batches)

    @contextmanager
    def opened(self):
        plain = functional.linear

        def linear(x, weight, bias=None):
            for parameter, door in getattr(self, "doors", []):
                if weight is parameter or weight._base is parameter:
                    x = door(x)
            return plain(x, weight, bias)

        functional.linear = linear
        try:
            yield
        finally:
            functional.linear = plain


def masks(uses, names):
    """The reference's masks; the model is left without hooks."""
    holder = nn.ModuleList(uses.modules[name] for name in names)
    sparsifier = sparsifier_class()(holder, add, mean_of_batch, magnitude, **DEFAULTS["sparse_config"])
    for name, module in zip(names, holder):
        sparsifier.register_layer(module, reduce_fn=lambda x, dims=reduced_dims(name): x.mean(dim=dims))
    uses.outputs()
    sparsifier.step()
    found = {name: sparsifier.get_mask(layer=uses.modules[name]) for name in names}
    for module in holder:
        module._forward_pre_hooks.clear()
    return found


def masked_outputs(uses, layer_masks):
    handles = [uses.modules[name].register_forward_pre_hook(
        lambda _, inputs, mask=mask: (inputs[0] * mask, *inputs[1:])) for name, mask in layer_masks.items()]
    found = uses.outputs()
    for handle in handles:
        handle.remove()
    return found
