# Functions of your own, for user_functions.json. This is TorchScript source: it is compiled by
# LibTorch, no Python runs. Only torch, Tensor and the plain Python types are known here.


# aggregate_fn: (acc, x) -> acc. acc starts from zeros unless the config says "init": "first".
def leaky_sum(acc: Tensor, x: Tensor) -> Tensor:
    return 0.9 * acc + x


# reduce_fn: (aggregate, parameters...) -> the tensor that is ranked.
def root_mean_square(x: Tensor, dim: int = 0) -> Tensor:
    return torch.sqrt(torch.mean(x * x, [dim]))


# mask_fn: (reduced, sparse_config...) -> the mask. Keeps what exceeds `ratio` times the largest.
def relative_threshold(x: Tensor, ratio: float = 0.1) -> Tensor:
    size = torch.abs(x)
    return torch.gt(size, ratio * torch.max(size)).to(x.dtype)
