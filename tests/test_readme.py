"""The README is true: its tree names what is there, its links lead somewhere, its example runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TREE = next(block for block in re.findall(r"```\n(.*?)```", README, re.DOTALL) if block.startswith("app.py"))


def paths_of_tree() -> list[Path]:
    """All files and folders of the tree; a line holds one or several names, two blanks, and what they are for."""
    paths, folder = [], Path()
    for line in TREE.splitlines():
        names = re.split(r"\s{2,}", line.strip())[0].split()
        if not line.startswith(" "):
            folder = Path(names[0]) if names[0].endswith("/") else Path()
            paths.append(Path(names[0]))
        else:
            paths += [folder / name for name in names]
    return paths


@pytest.mark.parametrize("path", paths_of_tree(), ids=str)
def test_what_the_tree_names_is_there(path):
    assert (ROOT / path).exists()


def test_the_tree_names_all_modules_of_the_model():
    there = {path.relative_to(ROOT) for path in (ROOT / "model").glob("*.py") if path.name != "__init__.py"}
    assert there <= set(paths_of_tree())


def test_each_link_to_a_file_leads_somewhere():
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)]+)\)", README)]
    assert [target for target in targets if not target.startswith("http") and not (ROOT / target).exists()] == []


def test_the_example_for_notebooks_runs(monkeypatch, tmp_path, capsys):
    example, = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoints").symlink_to(ROOT / "checkpoints")
    names: dict[str, object] = {}
    exec(compile(example, "README.md", "exec"), names)
    assert (tmp_path / "cross.html").stat().st_size > 10_000
    translation = names["looked_into"]
    assert translation.target_text == "I am a teacher."  # type: ignore[attr-defined]
    assert "(" in capsys.readouterr().out
