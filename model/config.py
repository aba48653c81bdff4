"""Sizes and options. Frozen dataclasses, checked on creation."""

from __future__ import annotations

from dataclasses import dataclass, field

from model.errors import ConfigError


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ConfigError(message)


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of the Transformer. The defaults are the base model of "Attention Is All You Need", table 3.

    Attributes
    ----------
    look_ahead_mask : bool
        False leaves the decoder's mask out: in training each position then sees the token that it has to predict.
        For the lesson, which shows what comes of it.
    """

    vocab_size: int = 8000
    d_model: int = 512
    n_heads: int = 8
    d_ff: int = 2048
    n_encoder_layers: int = 6
    n_decoder_layers: int = 6
    dropout: float = 0.1
    max_positions: int = 256
    look_ahead_mask: bool = True

    def __post_init__(self) -> None:
        for name in ("vocab_size", "d_model", "n_heads", "d_ff", "n_encoder_layers", "n_decoder_layers",
                     "max_positions"):
            value = getattr(self, name)
            _require(isinstance(value, int) and value > 0, f"{name} is {value!r}, expected a positive whole number")
        _require(self.d_model % self.n_heads == 0,
                 f"d_model {self.d_model} is not a multiple of n_heads {self.n_heads}")
        _require(self.d_model % 2 == 0, f"d_model {self.d_model} is odd: sine and cosine positions need an even one")
        _require(0.0 <= self.dropout < 1.0, f"dropout is {self.dropout}, expected 0 <= dropout < 1")

    @property
    def d_head(self) -> int:
        """Size of one head's queries, keys and values (d_k = d_v in the paper)."""
        return self.d_model // self.n_heads


@dataclass(frozen=True)
class RecurrentConfig:
    """Sizes of the LSTM encoder-decoder that the lesson compares with.

    Attributes
    ----------
    n_layers : int
        LSTM layers of the decoder, and of the encoder for each direction.
    bidirectional : bool
        The encoder reads the source from both ends.
    max_positions : int
        Most tokens of a target. The network itself knows no limit.
    """

    vocab_size: int = 8000
    d_model: int = 256
    n_layers: int = 2
    bidirectional: bool = False
    dropout: float = 0.1
    max_positions: int = 256

    def __post_init__(self) -> None:
        for name in ("vocab_size", "d_model", "n_layers", "max_positions"):
            value = getattr(self, name)
            _require(isinstance(value, int) and value > 0, f"{name} is {value!r}, expected a positive whole number")
        _require(0.0 <= self.dropout < 1.0, f"dropout is {self.dropout}, expected 0 <= dropout < 1")


@dataclass(frozen=True)
class DecodingConfig:
    """How a translation is searched.

    Attributes
    ----------
    beam_size : int
        1 is greedy search.
    length_penalty : float
        Exponent alpha of the length normalisation ((5 + length) / 6) ** alpha of Wu et al. 2016, equation 14.
    max_target_tokens : int or None
        Hard limit on the tokens of the target, end token included. None: it follows the source (twice its tokens
        plus 10, and no more than the model has positions for).
    no_repeat_ngram : int
        No n-gram of this many tokens may occur twice in a target; 0 allows all.
    """

    beam_size: int = 1
    length_penalty: float = 1.0
    max_target_tokens: int | None = None
    no_repeat_ngram: int = 4

    def __post_init__(self) -> None:
        _require(1 <= self.beam_size <= 16, f"beam_size is {self.beam_size}, expected 1 to 16")
        _require(0.0 <= self.length_penalty <= 5.0, f"length_penalty is {self.length_penalty}, expected 0 to 5")
        _require(self.max_target_tokens is None or self.max_target_tokens >= 1,
                 f"max_target_tokens is {self.max_target_tokens}, expected at least 1")
        _require(self.no_repeat_ngram >= 0, f"no_repeat_ngram is {self.no_repeat_ngram}, expected 0 or more")


@dataclass(frozen=True)
class TrainingConfig:
    """How a model is trained; `model/configs/*.json` are instances of it.

    Attributes
    ----------
    model : ModelConfig or RecurrentConfig
        Sizes of the network; its dropout is the one used in training.
    sources : tuple of (pattern, weight)
        Data files by patterns of their names (without .tsv.gz), and how often a pass over the data repeats each
        pair of them. 2.5 means each pair twice and half of them a third time. The first pattern that fits counts.
    number_weight : float
        How much more often a pair is repeated in whose sentences the same number stands.
    dev_sources : tuple of pattern
        Files from which `dev-everyday` (at most `n_dev` pairs) is held out.
    batch_tokens : int
        Source plus target tokens in a batch, padding included, on one device.
    batch_tokens_start : int
        The batch begins with this many tokens and grows to `batch_tokens` over `batch_growth_pools` pools
        of 20,000 pairs.
    length_step : int
        Batches are padded to multiples of it: few shapes for a GPU. A CPU is best served with 1.
    learning_rate : float
        Of the optimiser for all that is not a weight matrix of a layer (AdamW), at its height.
    muon_learning_rate : float
        Of Muon, for the weight matrices of the layers, in units of 0.2 sqrt(max(rows, columns)); 0: Adam for all.
    warmup_steps : int
        Steps of linear warm-up.
    decay_share : float
        Share of the budget, at its end, in which the learning rate falls linearly to zero.
    space_noise, punctuation_noise : float
        Share of source sentences in which spaces are dropped or added, and whose final punctuation is dropped.
    substitution : float
        Share of pairs whose numbers, months, names of persons and Latin words, where both sides share them, change.
    """

    model: ModelConfig | RecurrentConfig = field(default_factory=ModelConfig)
    sources: tuple[tuple[str, float], ...] = (("*", 1.0),)
    number_weight: float = 1.0
    dev_sources: tuple[str, ...] = ("translated-*", "authored-*")
    n_dev: int = 1000
    vocab_size: int = 8000
    max_tokens: int = 100
    batch_tokens: int = 25_000
    batch_tokens_start: int = 25_000
    batch_growth_pools: int = 0
    length_step: int = 8
    learning_rate: float = 1e-3
    muon_learning_rate: float = 0.0
    warmup_steps: int = 1000
    decay_share: float = 0.3
    label_smoothing: float = 0.1
    clip_norm: float = 1.0
    weight_decay: float = 0.0
    average_decay: float = 0.999
    subword_alpha: float = 0.0
    space_noise: float = 0.1
    punctuation_noise: float = 0.2
    substitution: float = 0.5
    seed: int = 1

    def __post_init__(self) -> None:
        _require(len(self.sources) > 0, "sources is empty: name at least one data file")
        _require(all(weight >= 0 for _, weight in self.sources), "a weight in sources is negative")
        _require(self.number_weight > 0, f"number_weight is {self.number_weight}, expected more than 0")
        _require(self.vocab_size == self.model.vocab_size,
                 f"vocab_size {self.vocab_size} of the tokenizer is not the model's {self.model.vocab_size}")
        _require(self.length_step >= 1, f"length_step is {self.length_step}, expected at least 1")
        longest = -(-self.max_tokens // self.length_step) * self.length_step
        _require(longest <= self.model.max_positions,
                 f"max_tokens {self.max_tokens}, padded to {longest} by length_step {self.length_step}, is more than "
                 f"the model's {self.model.max_positions} positions")
        _require(self.batch_tokens >= self.batch_tokens_start >= 2 * self.max_tokens,
                 "expected batch_tokens >= batch_tokens_start >= 2 * max_tokens")
        for name in ("decay_share", "label_smoothing", "average_decay", "space_noise", "punctuation_noise",
                     "substitution"):
            _require(0.0 <= getattr(self, name) < 1.0, f"{name} is {getattr(self, name)}, expected 0 <= {name} < 1")
        _require(self.learning_rate > 0, f"learning_rate is {self.learning_rate}, expected more than 0")
