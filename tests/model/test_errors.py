from __future__ import annotations

import pytest

from model import errors
from model.errors import InputError, ModelError, TextTooLongError


def test_all_errors_have_one_root():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) == 9 and all(issubclass(kind, ModelError) for kind in kinds)
    for kind in kinds:
        assert kind.__name__ in (errors.__doc__ or ""), f"{kind.__name__} is missing in the tree"


def test_each_input_error_has_a_reason_of_its_own():
    kinds = [InputError, *InputError.__subclasses__()]
    assert len({kind.reason for kind in kinds}) == len(kinds)


def test_too_long_says_what_was_got_and_what_is_allowed():
    with pytest.raises(ValueError, match="123 tokens, the limit is 100"):
        raise TextTooLongError(123, 100, "tokens")
