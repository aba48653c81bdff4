from __future__ import annotations

import hashlib
import os

import pytest

from model.files import sha256, write_atomically, write_text
from tests.checkpoints import disk_for


def test_a_file_is_replaced_as_a_whole(tmp_path):
    file = tmp_path / "deep" / "a.txt"
    write_text(file, "첫째")
    write_text(file, "둘째")
    assert file.read_text(encoding="utf-8") == "둘째"
    assert os.listdir(file.parent) == ["a.txt"]


def test_a_failed_write_leaves_the_old_content_and_no_rest(tmp_path):
    file = tmp_path / "a.txt"
    write_text(file, "old")

    def fail(temporary):
        temporary.write_text("half")
        raise OSError("stop")

    with pytest.raises(OSError, match="stop"):
        write_atomically(file, fail)
    assert file.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_a_full_disk_is_an_os_error_and_leaves_the_old_content(tmp_path):
    file = tmp_path / "a.txt"
    write_text(file, "old")
    with disk_for(1000), pytest.raises(OSError, match="too large"):
        write_text(file, "new" * 1000)
    assert file.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_sum(tmp_path):
    (tmp_path / "a").write_bytes(b"attention")
    assert sha256(tmp_path / "a") == hashlib.sha256(b"attention").hexdigest()
