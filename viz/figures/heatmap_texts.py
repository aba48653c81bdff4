"""The words of a heatmap, and its title."""

from __future__ import annotations

from dataclasses import dataclass

from model.records import AttentionKind
from viz.measures.maps import AttentionMap


@dataclass(frozen=True)
class HeatmapTexts:
    """The words of a heatmap; {names} in braces are filled in.

    The `hover_` and `summary` sentences know {input}, {predicted}, {key}, {percent} and {weight}.
    """

    encoder: str = "Encoder self-attention"
    decoder: str = "Decoder self-attention"
    cross: str = "Cross-attention"
    layer: str = "layer {number}"
    head: str = "head {number}"
    all_layers: str = "mean of all layers"
    all_heads: str = "mean of all heads"
    source_queries: str = "source word that looks (query)"
    predicted_queries: str = "input → predicted (query)"
    source_keys: str = "source word looked at (key)"
    input_keys: str = "decoder's input looked at (key)"
    weight_sqrt: str = "weight, square-root scale"
    weight_linear: str = "weight, linear scale"
    hover_encoder: str = "“{input}” looks {percent} % at “{key}”"
    hover_decoder: str = "when predicting “{predicted}”, {percent} % on “{key}”"
    hover_cross: str = "when predicting “{predicted}”, {percent} % on “{key}”"
    hover_weight: str = "weight {weight}"
    masked: str = "masked: not written yet"
    begin: str = "begin of sentence <s>"
    end: str = "end of sentence </s>"
    checkpoint: str = "checkpoint"
    summary: str = "{title}. {queries} rows, {keys} columns. Strongest: {links}."
    no_links: str = "none"

    def kind(self, kind: AttentionKind) -> str:
        """The name of a kind of attention."""
        return {"encoder": self.encoder, "decoder": self.decoder, "cross": self.cross}[kind]

    def hover(self, kind: AttentionKind) -> str:
        """The sentence of a cell."""
        return {"encoder": self.hover_encoder, "decoder": self.hover_decoder, "cross": self.hover_cross}[kind]


def map_title(attention_map: AttentionMap, texts: HeatmapTexts) -> str:
    """Kind, layer and head as a person reads them, counted from one."""
    layer, head = attention_map.layer, attention_map.head
    parts = (
        texts.kind(attention_map.kind),
        texts.all_layers if layer is None else texts.layer.format(number=layer + 1),
        texts.all_heads if head is None else texts.head.format(number=head + 1),
    )
    return " · ".join(parts)
