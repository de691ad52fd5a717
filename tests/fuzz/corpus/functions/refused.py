def f(x: Tensor) -> Tensor:
    torch.save(x, "x")
    return torch.from_file("/etc/passwd", False, 1)
