"""What becomes of word and position when their vectors are added: read back from the sum, and apart in the scores."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.attention import MultiHeadAttention, attention_scores
from model.experiments.inputs import source_ids
from model.tokenizer import EOS_ID, Tokenizer
from model.transformer import EncoderLayer
from model.translator import Translator

N_SAMPLED_PAIRS = 128
_SEED = 1
_SMALLEST_SIZE = 4
# Of the vocabulary, compared at once: what is in hand then fits the processor's cache.
_WORDS_AT_ONCE = 32


@dataclass(frozen=True, eq=False)
class Recovery:
    """How often word and position are found again from what is left of a vector, by its size.

    All shares are from 0 to 1, over the same sampled pairs of a word (a piece of the vocabulary, see `spelled_pieces`)
    and a position.

    Attributes
    ----------
    sizes : int array, shape (n,)
        d, ascending, up to the model's d_model.
    added_word, added_position, added_both : array, shape (n,)
        Word and position were added in d dimensions: how often the nearest of all sums is of the right word, of the
        right position, of both.
    joined_same_width : array, shape (n,)
        Both right when they are concatenated in d dimensions, half for the word and half for the position.
    joined_double_width : array, shape (n,)
        Both right when they are concatenated in 2 d dimensions.
    n_words, n_positions, n_sampled : int
        Sizes of the search, and how many of its pairs were tried.
    """

    sizes: np.ndarray
    added_word: np.ndarray
    added_position: np.ndarray
    added_both: np.ndarray
    joined_same_width: np.ndarray
    joined_double_width: np.ndarray
    n_words: int
    n_positions: int
    n_sampled: int


@dataclass(frozen=True, eq=False)
class ScoreParts:
    """The scores of one layer's self-attention by what they come from; each (heads, S, S), their sum is the scores.

    Attributes
    ----------
    content_content, content_position, position_content, position_position : array
        The first is of the query's token, the second of the key's: its embedding, or its positional encoding.
    bias : array
        All products with a bias.
    """

    content_content: np.ndarray
    content_position: np.ndarray
    position_content: np.ndarray
    position_position: np.ndarray
    bias: np.ndarray

    def all(self) -> np.ndarray:
        """The five in this order, shape (5, heads, S, S)."""
        return np.stack([self.content_content, self.content_position, self.position_content, self.position_position,
                         self.bias])


@torch.inference_mode()
def recover_pairs(translator: Translator, _sentence: str, damage_percent: int) -> Recovery:
    """Damage sums of word and position as dropout does in training, then look for the nearest of all sums.

    An undamaged sum is always nearest to itself, unless another pair of word and position has the very same sum. So
    that there is something to measure, each value is set to 0 with a probability, and the others are scaled up.

    Parameters
    ----------
    damage_percent : int
        That probability, 0 to 99: 10 is the paper's dropout.
    """
    model = translator.transformer
    d_model = model.config.d_model
    words = model.embedding.weight[spelled_pieces(translator.checkpoint.tokenizer)].float().cpu() * math.sqrt(d_model)
    positions = model.positions[: translator.max_source_tokens].float().cpu()
    generator = torch.Generator().manual_seed(_SEED)
    word = torch.randint(len(words), (N_SAMPLED_PAIRS,), generator=generator)
    position = torch.randint(len(positions), (N_SAMPLED_PAIRS,), generator=generator)
    kept = torch.rand(N_SAMPLED_PAIRS, 2 * d_model, generator=generator) >= damage_percent / 100
    kept = kept / (1 - damage_percent / 100)

    rows = []
    for size in _sizes(d_model):
        whole, half = spread_dimensions(d_model, size), spread_dimensions(d_model, size // 2)
        e, p = words[:, whole], positions[:, whole]
        found_word, found_position = nearest_sum((e[word] + p[position]) * kept[:, :size], e, p)
        right_word, right_position = found_word == word, found_position == position
        same_width = _both_apart(words[:, half], positions[:, half], word, position, kept)
        double_width = _both_apart(e, p, word, position, kept)
        rows.append(torch.stack([right_word, right_position, right_word & right_position, same_width, double_width]))
    # (sizes, 5, pairs) -> (5, sizes)
    shares = torch.stack(rows).double().mean(dim=2).T.numpy()
    return Recovery(
        sizes=np.array(_sizes(d_model)), added_word=shares[0], added_position=shares[1], added_both=shares[2],
        joined_same_width=shares[3], joined_double_width=shares[4],
        n_words=len(words), n_positions=len(positions), n_sampled=N_SAMPLED_PAIRS,
    )


def spelled_pieces(tokenizer: Tokenizer) -> list[int]:
    """The vocabulary without special tokens and bytes.

    Most bytes occur in no sentence of the training. Their embeddings end up as one and the same vector, and which of
    them it stands for cannot be told, whatever is added or not.
    """
    return [i for i in range(EOS_ID + 1, tokenizer.vocab_size) if not tokenizer.piece(i).startswith("<0x")]


def nearest_sum(x: Tensor, words: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
    """The word and the position whose sum is nearest to each x, among all pairs.

    |x - (w + p)|^2 = |x|^2 - 2 x.w - 2 x.p + |w + p|^2, so no sum needs to be formed; |x|^2 is the same for all pairs.

    Parameters
    ----------
    x : Tensor, shape (n, d)
    words : Tensor, shape (W, d)
    positions : Tensor, shape (P, d)

    Returns
    -------
    word, position : int Tensor, shape (n,)
    """
    # (W, P): |w|^2 + |p|^2 + 2 w.p
    lengths = words.square().sum(1)[:, None] + positions.square().sum(1) + 2 * words @ positions.T
    x_words, x_positions = -2 * x @ words.T, -2 * x @ positions.T
    nearest = torch.full((len(x),), math.inf)
    pair = torch.zeros(len(x), dtype=torch.long)
    for start in range(0, len(words), _WORDS_AT_ONCE):
        some = slice(start, start + _WORDS_AT_ONCE)
        distances = lengths[some] + x_words[:, some, None]
        distances += x_positions[:, None, :]
        # (n, words at once, P) -> (n, words at once * P)
        distance, place = distances.flatten(1).min(1)
        pair = torch.where(distance < nearest, place + start * len(positions), pair)
        nearest = torch.minimum(distance, nearest)
    return pair // len(positions), pair % len(positions)


def spread_dimensions(d_model: int, size: int) -> Tensor:
    """Which `size` of d_model dimensions to keep: pairs of sine and cosine, evenly spread.

    If size divides d_model, a positional encoding in them is that of a model whose d_model is `size`.
    """
    pairs = torch.arange((size + 1) // 2) * d_model // size
    # (pairs, 2) -> (2 * pairs,)
    return torch.stack([2 * pairs, 2 * pairs + 1], dim=1).flatten()[:size]


def _sizes(d_model: int) -> list[int]:
    """d_model, half of it, a quarter, and so on, ascending; all even."""
    sizes = [d_model]
    while sizes[0] % 4 == 0 and sizes[0] // 2 >= _SMALLEST_SIZE:
        sizes.insert(0, sizes[0] // 2)
    return sizes


def _both_apart(words: Tensor, positions: Tensor, word: Tensor, position: Tensor, kept: Tensor) -> Tensor:
    """True where both are found again if they stand beside each other; shape (n,)."""
    size = words.shape[1]
    found_word = _nearest(words[word] * kept[:, :size], words)
    found_position = _nearest(positions[position] * kept[:, size : 2 * size], positions)
    return (found_word == word) & (found_position == position)


def _nearest(x: Tensor, choices: Tensor) -> Tensor:
    return (choices.square().sum(1) - 2 * x @ choices.T).argmin(1)


@torch.inference_mode()
def split_scores(translator: Translator, sentence: str) -> ScoreParts:
    """The scores of the first encoder layer, split by what query and key are made of.

    q = Wq (e + p) + bq and k = Wk (e + p) + bk, so q.k is a sum of products of one part of each.
    """
    model = translator.transformer
    layer = model.encoder[0]
    assert isinstance(layer, EncoderLayer)
    attention = layer.self_attention
    ids = source_ids(translator, sentence)
    content = model.embedding(ids) * math.sqrt(model.config.d_model)
    position = model.positions[: ids.shape[1]].unsqueeze(0)
    q_content, q_position, q_bias = _by_part(attention, attention.query, content, position)
    k_content, k_position, k_bias = _by_part(attention, attention.key, content, position)
    biases = attention_scores(q_bias, k_content + k_position + k_bias)
    biases = biases + attention_scores(q_content + q_position, k_bias)
    parts = (
        attention_scores(q_content, k_content),
        attention_scores(q_content, k_position),
        attention_scores(q_position, k_content),
        attention_scores(q_position, k_position),
        biases,
    )
    return ScoreParts(*(part[0].float().cpu().numpy() for part in parts))


def _by_part(attention: MultiHeadAttention, linear: nn.Linear, content: Tensor, position: Tensor) -> list[Tensor]:
    """What content, position and bias give to the queries or keys of all heads; each (1, H, S, d_head)."""
    parts = [F.linear(content, linear.weight), F.linear(position, linear.weight), linear.bias.expand_as(content)]
    return [attention.split_heads(part) for part in parts]
