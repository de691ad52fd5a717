def f(x: Tensor) -> Tensor:
  return x * ((-9223372036854775807 - 1) // -1)
