from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from model.optimizer import Muon, make_optimizers, orthogonalize, set_learning_rate
from model.transformer import Transformer
from tests.checkpoints import SMALL, tiny_config


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(3, 16, 16), (2, 8, 40), (2, 40, 8)])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_singular_values_become_about_one(shape, scale):
    values = torch.linalg.svdvals(orthogonalize(scale * normal(*shape)))
    assert float(values.min()) > 0.4 and float(values.max()) < 1.3
    assert abs(float(values.mean()) - 1.0) < 0.2


def test_singular_vectors_stay():
    """Of an orthogonal matrix times a number, the result is about that orthogonal matrix."""
    q, _ = torch.linalg.qr(normal(12, 12))
    got = orthogonalize(7.0 * q[None])[0]
    scale = float((got * q).sum() / (q * q).sum())
    assert 0.7 < scale < 1.2
    torch.testing.assert_close(got, scale * q, atol=0.05, rtol=0)  # products may be in bf16


def test_each_matrix_of_a_stack_is_treated_alone():
    stack = normal(3, 6, 9)
    stack[1] *= 1e5
    alone = torch.cat([orthogonalize(matrix[None]) for matrix in stack])
    torch.testing.assert_close(orthogonalize(stack), alone, atol=0.05, rtol=0)


def test_a_gradient_of_zeros_stays_zeros():
    assert bool((orthogonalize(torch.zeros(1, 4, 4)) == 0).all())


@pytest.mark.parametrize("shape", [(10, 4), (4, 10)])
def test_muon_finds_the_least_squares(shape):
    """|W A - B|^2 falls close to its minimum 0."""
    weight = nn.Parameter(torch.zeros(*shape))
    a, wanted = normal(shape[1], 30, seed=1), normal(*shape, seed=2)
    optimizer = Muon([weight], lr=0.3)
    first = last = 0.0
    for step in range(200):
        optimizer.param_groups[0]["lr"] = 0.3 * (1 - step / 200)
        loss = ((weight - wanted) @ a).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        first, last = first or loss.item(), loss.item()
    assert last < 0.01 * first


def test_a_first_muon_step_by_hand():
    """Nesterov: momentum (1 - 0.95) g, then 0.95 of the way from g to it; the direction is that of g."""
    weight = nn.Parameter(torch.zeros(6, 3))
    gradient = normal(6, 3)
    weight.grad = gradient.clone()
    optimizer = Muon([weight], lr=0.1)
    optimizer.step()
    expected = -0.1 * 0.2 * 6**0.5 * orthogonalize(gradient[None])[0]
    torch.testing.assert_close(weight.detach(), expected, atol=2e-3, rtol=0)
    torch.testing.assert_close(optimizer.state[weight]["momentum"], 0.05 * gradient)
    torch.testing.assert_close(weight.grad, gradient)


def test_weight_decay_shrinks_the_weights():
    weight = nn.Parameter(torch.ones(4, 4))
    weight.grad = torch.zeros(4, 4)
    Muon([weight], lr=0.5, weight_decay=0.1).step()
    assert weight.flatten().tolist() == pytest.approx([0.95] * 16)


def test_weights_without_gradient_are_left_alone():
    used, unused = nn.Parameter(torch.ones(4, 4)), nn.Parameter(torch.ones(4, 4))
    used.grad = normal(4, 4)
    Muon([used, unused], lr=0.5).step()
    assert bool((unused == 1).all()) and not bool((used == 1).any())


def test_muon_gets_the_matrices_of_the_layers_and_adam_the_rest():
    model = Transformer(SMALL)
    adam, muon = make_optimizers(model, replace(tiny_config(), muon_learning_rate=0.02))
    names = {id(p): name for name, p in model.named_parameters()}
    by_muon = [names[id(p)] for group in muon.param_groups for p in group["params"]]
    by_adam = [names[id(p)] for group in adam.param_groups for p in group["params"]]
    assert len(by_muon) + len(by_adam) == len(names) == len({*by_muon, *by_adam})
    assert "embedding.weight" in by_adam
    assert all(name.endswith("weight") and "norm" not in name for name in by_muon)
    assert len(by_muon) == 2 * (4 + 2) + 3 * (8 + 2)  # four per attention, two per feed-forward


def test_without_a_rate_for_muon_adam_gets_everything():
    model = Transformer(SMALL)
    adam, = make_optimizers(model, replace(tiny_config(), muon_learning_rate=0.0))
    assert sum(len(group["params"]) for group in adam.param_groups) == len(list(model.parameters()))
    assert adam.defaults["betas"] == (0.9, 0.98)


def test_learning_rates_are_set_as_shares_of_their_height():
    config = replace(tiny_config(), learning_rate=0.01, muon_learning_rate=0.04)
    optimizers = make_optimizers(Transformer(SMALL), config)
    for factor in (0.5, 0.25):  # not of what is set
        set_learning_rate(optimizers, factor)
        assert [o.param_groups[0]["lr"] for o in optimizers] == pytest.approx([0.01 * factor, 0.04 * factor])
