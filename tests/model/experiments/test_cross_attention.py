"""Keys of cross-attention come from the encoder's last layer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model.checkpoint import save_checkpoint
from model.experiments.cross_attention import key_origins
from model.tokenizer import Tokenizer
from model.translator import Translator
from tests.checkpoints import SMALL, random_model


@pytest.fixture(scope="module")
def random_translator(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Translator:
    folder = tmp_path_factory.mktemp("random")
    save_checkpoint(folder, random_model(replace(SMALL, vocab_size=tokenizer.vocab_size)), tokenizer)
    return Translator.load(folder, "cpu")


def test_only_the_last_encoder_layer_gives_the_keys_in_use(random_translator: Translator):
    shares = key_origins(random_translator, "나는 학교에 갔다.")
    config = random_translator.model_config
    assert shares.shape == (config.n_decoder_layers, config.n_encoder_layers)
    assert (shares[:, -1] < 1e-4).all()
    assert (shares[:, :-1] > 0.01).all()


def test_the_keys_in_use_are_the_last_states_times_a_matrix(random_translator: Translator):
    """By hand, head by head: rows h * d_head to (h + 1) * d_head of the matrix belong to head h."""
    trace = random_translator.translate("나는 학교에 갔다.", capture="trace").trace
    assert trace is not None
    parameters = {name: value.numpy() for name, value in random_translator.transformer.state_dict().items()}
    d_head = random_translator.model_config.d_head
    for layer, head in np.ndindex(*trace.cross.keys.shape[:2]):
        rows = slice(head * d_head, (head + 1) * d_head)
        name = f"decoder.{layer}.cross_attention"
        for what, used in (("key", trace.cross.keys), ("value", trace.cross.values)):
            weight, bias = parameters[f"{name}.{what}.weight"][rows], parameters[f"{name}.{what}.bias"][rows]
            np.testing.assert_allclose(used[layer, head], trace.encoder_states[-1] @ weight.T + bias, atol=1e-4)
