"""What PyTorch itself makes of a model: calls, masks by its ActivationSparsifier, outputs under these masks."""
import torch
from torch import nn

from reference import DEFAULTS, add, magnitude, mean_of_batch, sparsifier_class


CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)


def layers_of(model):
    return {name: module for name, module in model.named_modules() if isinstance(module, (*CONVOLUTIONS, nn.Linear))}


def channels_axis(layer):
    """Of what enters it."""
    return 1 if isinstance(layer, CONVOLUTIONS) else -1


def flat(value):
    """All tensors of an output. Scripted models return more containers than eager ones: only tensors count."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        return [tensor for key in sorted(value) for tensor in flat(value[key])]
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in flat(item)]
    return []


@torch.no_grad()
def outputs(model, batches):
    return [flat(model(*batch)) for batch in batches]


def count_calls(model, batches):
    """Calls of each layer, and the name of each that is never called."""
    calls = dict.fromkeys(layers_of(model), 0)

    def counter(name):
        def hook(module, inputs):
            calls[name] += 1
        return hook

    handles = [module.register_forward_pre_hook(counter(name)) for name, module in layers_of(model).items()]
    outputs(model, batches)
    for handle in handles:
        handle.remove()
    return calls


def masks(model, names, batches):
    """The reference's masks; the model is left without hooks."""
    sparsifier = sparsifier_class()(model, add, mean_of_batch, magnitude, **DEFAULTS["sparse_config"])
    modules = layers_of(model)
    for name in names:
        sparsifier.register_layer(modules[name])
    outputs(model, batches)
    sparsifier.step()
    found = {name: sparsifier.get_mask(name) for name in names}
    for name in names:
        modules[name]._forward_pre_hooks.clear()
    return found


def masked_outputs(model, layer_masks, batches):
    modules = layers_of(model)
    handles = [modules[name].register_forward_pre_hook(lambda _, inputs, mask=mask: (inputs[0] * mask, *inputs[1:]))
               for name, mask in layer_masks.items()]
    found = outputs(model, batches)
    for handle in handles:
        handle.remove()
    return found
