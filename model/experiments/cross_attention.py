"""Where cross-attention takes its keys from."""

from __future__ import annotations

import numpy as np
import torch

from model.transformer import DecoderLayer
from model.translator import Translator


@torch.inference_mode()
def key_origins(translator: Translator, sentence: str) -> np.ndarray:
    """How far the keys that each decoder layer used are from keys made of each encoder layer's output.

    Returns
    -------
    array, shape (decoder layers, encoder layers)
        Length of the difference as a share of the length of the keys in use: 0 where they came from.
    """
    trace = translator.translate(sentence, capture="trace").trace
    assert trace is not None
    device = translator.transformer.embedding.weight.device
    # Index 0 is what the encoder reads; what its layers put out begins at 1.
    states = torch.from_numpy(trace.encoder_states[1:]).to(device)
    shares = np.empty((len(trace.cross.keys), len(states)))
    for place, layer in enumerate(translator.transformer.decoder):
        assert isinstance(layer, DecoderLayer)
        keys, _ = layer.cross_attention.keys_and_values(states)  # (encoder layers, H, S, d_head)
        used = torch.from_numpy(trace.cross.keys[place]).to(device)
        shares[place] = ((keys - used).flatten(1).norm(dim=1) / used.norm()).cpu().numpy()
    return shares
