"""Muon for the weight matrices of the layers, AdamW for the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from model.config import TrainingConfig

# Coefficients of the quintic Newton-Schulz iteration (Jordan et al. 2024).
_A, _B, _C = 3.4445, -4.7750, 2.0315


def has_fast_bf16(device: torch.device) -> bool:
    """True where products of bf16 matrices are faster than those of float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return device.type == "cpu" and bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def orthogonalize(matrices: Tensor) -> Tensor:
    """Nearest (semi-)orthogonal matrices, roughly: five Newton-Schulz steps on a stack (N, rows, columns).

    The singular values of the result lie between about 0.7 and 1.2.
    """
    # bf16 without hardware for it is ten times slower than float32 on a CPU.
    x = matrices.bfloat16() if has_fast_bf16(matrices.device) else matrices.float()
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT.contiguous()
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        gram = x @ x.mT
        polynomial = torch.baddbmm(gram, gram, gram, beta=_B, alpha=_C)
        x = torch.baddbmm(x, polynomial, x, beta=_A)
    return (x.mT if tall else x).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum whose update is orthogonalised (Jordan et al. 2024), scaled to the size of an AdamW update.

    The scale 0.2 sqrt(max(rows, columns)) is that of Liu et al. 2025 ("Muon is scalable for LLM training").
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, momentum: float = 0.95,
                 weight_decay: float = 0.0) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update all matrices; those of one shape together."""
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    by_shape[parameter.shape].append(parameter)
            for shape, parameters in by_shape.items():
                gradients = [p.grad for p in parameters if p.grad is not None]
                momenta = [self._momentum(p) for p in parameters]
                torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
                # Nesterov: look one step of momentum ahead.
                ahead = torch._foreach_lerp(gradients, momenta, group["momentum"])
                updates = list(orthogonalize(torch.stack(list(ahead))).unbind())
                if group["weight_decay"]:
                    torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(parameters, updates, alpha=-group["lr"] * 0.2 * max(shape) ** 0.5)

    def _momentum(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        return state["momentum"]


def make_optimizers(model: nn.Module, config: TrainingConfig) -> list[torch.optim.Optimizer]:
    """The optimisers of a model; each group keeps its highest learning rate under "height"."""
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        is_matrix = parameter.dim() == 2 and "embedding" not in name
        (matrices if is_matrix and config.muon_learning_rate > 0 else others).append(parameter)
    fused = next(model.parameters()).is_cuda
    optimizers: list[torch.optim.Optimizer] = [torch.optim.AdamW(
        others, lr=config.learning_rate, betas=(0.9, 0.98), eps=1e-9, weight_decay=config.weight_decay, fused=fused)]
    if matrices:
        optimizers.append(Muon(matrices, config.muon_learning_rate, weight_decay=config.weight_decay))
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["height"] = group["lr"]
    return optimizers


def set_learning_rate(optimizers: Iterable[torch.optim.Optimizer], factor: float) -> None:
    """Set each learning rate to `factor` times its height."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["height"] * factor
