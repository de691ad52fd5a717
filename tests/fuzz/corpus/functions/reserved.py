def f(x: Tensor, init: int) -> Tensor:
  return x
def g(acc: Tensor, x: Tensor, init: str) -> Tensor:
	raise ValueError("no")
