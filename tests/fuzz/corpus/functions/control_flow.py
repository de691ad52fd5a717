def helper(x: Tensor, n: int) -> Tuple[Tensor, int]:
    return x + n, n * 2

def f(acc: Tensor, x: Tensor, keep: float = 0.5) -> Tensor:
    for i in range(3):
        if i % 2 == 0 and keep > 0:
            acc, n = helper(acc, i)
        else:
            continue
    while bool(x.sum() > 1):
        x = x / 2
        break
    sizes = [len(x.shape) + s for s in x.shape]
    assert len(sizes) > 0, "no " + str(sizes)
    return acc * keep + x[0:2:1, None] - torch.cat([x, -x], dim=0).max()

def other(x: Tensor, y: Optional[Tensor]) -> Dict[str, Tensor]:
    z = torch.jit.annotate(Optional[int], None)
    return {"a": x if y is None else y, "b": x @ x.t() ** 2 // 3}
