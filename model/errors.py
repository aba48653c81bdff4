"""The exceptions of this project.

ModelError
├── ConfigError            a configuration whose values cannot work together
├── CheckpointError        a checkpoint that is missing, broken or does not fit
├── CorpusError            a data file that cannot be read or holds nothing usable
├── TrainingError          training that cannot start or go on
└── InputError             a text that cannot be translated; `reason` says why in one word
    ├── EmptyTextError         nothing but blanks
    ├── NothingToTranslateError  no letter or digit: only emoji, punctuation, control characters
    └── TextTooLongError       more tokens in a sentence, or more characters, than the limit

A page turns an InputError into a sentence in the reader's language by its `reason`.
"""


class ModelError(Exception):
    """Root of all errors that this project raises on purpose."""


class ConfigError(ModelError, ValueError):
    """A configuration whose values cannot work together."""


class CheckpointError(ModelError):
    """A checkpoint that is missing, broken or does not fit its configuration."""


class CorpusError(ModelError):
    """A data file that cannot be read or that holds nothing usable."""


class TrainingError(ModelError):
    """Training that cannot start or go on."""


class InputError(ModelError, ValueError):
    """A text that cannot be translated."""

    reason = "input"


class EmptyTextError(InputError):
    """The text is empty or consists of blanks."""

    reason = "empty"


class NothingToTranslateError(InputError):
    """The text has no letter and no digit."""

    reason = "nothing"


class TextTooLongError(InputError):
    """The text is longer than the limit.

    Attributes
    ----------
    got, limit : int
        What was found and what is allowed, in `unit`.
    unit : str
        "tokens" (of one sentence) or "characters" (of the whole text).
    """

    reason = "too_long"

    def __init__(self, got: int, limit: int, unit: str) -> None:
        super().__init__(f"text has {got} {unit}, the limit is {limit}: shorten it or split it into sentences")
        self.got = got
        self.limit = limit
        self.unit = unit
