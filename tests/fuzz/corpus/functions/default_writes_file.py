def f(x: Tensor, n: int = len([torch.save(1, "saved")])) -> Tensor:
  return x
