"""What import-linter reads off the source, seen at run time: parts for notebooks load neither torch nor streamlit."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

import viz.explorer
import viz.figures
import viz.measures
import viz.words

PARTS = (viz.measures, viz.figures, viz.explorer, viz.words)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_a_part_for_notebooks_loads_neither_torch_nor_streamlit(part):
    names = [part.__name__, *(info.name for info in pkgutil.walk_packages(part.__path__, f"{part.__name__}."))]
    code = f"import sys, {', '.join(names)}; print(*sorted({{'torch', 'streamlit'}} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == []
