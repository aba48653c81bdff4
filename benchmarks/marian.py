"""The same network in the library `transformers` (its MarianMTModel) with the same weights: a reference by others."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import MarianConfig, MarianMTModel

from model.attention import MultiHeadAttention
from model.tokenizer import BOS_ID, EOS_ID, PAD_ID
from model.transformer import DecoderLayer, EncoderLayer, Transformer


def marian_like(model: Transformer) -> MarianMTModel:
    """A MarianMTModel of the sizes of `model` and with copies of its weights, in evaluation mode.

    Two things differ by themselves and are set alike: the activation (Marian's default is no ReLU) and the table of
    positions (Marian puts all sines before the cosines). Attention is "eager", the only kind that returns its weights.
    """
    config = model.config
    marian: Any = MarianMTModel(MarianConfig(  # its modules are typed as Tensor or Module, which says too little
        vocab_size=config.vocab_size, d_model=config.d_model, max_position_embeddings=config.max_positions,
        encoder_layers=config.n_encoder_layers, decoder_layers=config.n_decoder_layers,
        encoder_attention_heads=config.n_heads, decoder_attention_heads=config.n_heads,
        encoder_ffn_dim=config.d_ff, decoder_ffn_dim=config.d_ff, activation_function="relu", scale_embedding=True,
        share_encoder_decoder_embeddings=True, tie_word_embeddings=True, pad_token_id=PAD_ID, bos_token_id=BOS_ID,
        eos_token_id=EOS_ID, decoder_start_token_id=BOS_ID, forced_eos_token_id=None,
    ))
    marian.set_attn_implementation("eager")
    with torch.no_grad():
        marian.model.shared.weight.copy_(model.embedding.weight)
        marian.final_logits_bias.zero_()
        for stack in (marian.model.encoder, marian.model.decoder):
            stack.embed_positions.weight.copy_(model.positions)
        for theirs, ours in zip(marian.model.encoder.layers, model.encoder, strict=True):
            assert isinstance(ours, EncoderLayer)
            _copy_layer(theirs, ours)
        for theirs, ours in zip(marian.model.decoder.layers, model.decoder, strict=True):
            assert isinstance(ours, DecoderLayer)
            _copy_layer(theirs, ours)
            _copy_attention(theirs.encoder_attn, ours.cross_attention)
            theirs.encoder_attn_layer_norm.load_state_dict(ours.cross_attention_norm.state_dict())
    return marian.eval()


def _copy_layer(theirs: nn.Module, ours: EncoderLayer | DecoderLayer) -> None:
    _copy_attention(theirs.get_submodule("self_attn"), ours.self_attention)
    pairs = {"self_attn_layer_norm": ours.self_attention_norm, "fc1": ours.feed_forward.inner,
             "fc2": ours.feed_forward.outer, "final_layer_norm": ours.feed_forward_norm}
    for name, module in pairs.items():
        theirs.get_submodule(name).load_state_dict(module.state_dict())


def _copy_attention(theirs: nn.Module, ours: MultiHeadAttention) -> None:
    pairs = {"q_proj": ours.query, "k_proj": ours.key, "v_proj": ours.value, "out_proj": ours.output}
    for name, module in pairs.items():
        theirs.get_submodule(name).load_state_dict(module.state_dict())
