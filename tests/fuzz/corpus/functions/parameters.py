def f(x: Tensor, a: int, b: bool, c: str, d: List[int], e: List[float], g: int = -2,
      h: float = -0.5, i: str = "no", j: List[int] = [7, 8], k: bool = True) -> Tensor:
    """Every type of parameter."""
    scale = 1.0 if b else 0.0
    return x * scale + a + d[0] * 10 + e[1] + g + h + j[1] * 1000
