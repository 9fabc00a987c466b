"""The guide runs, and the page in the repository has its code and prose."""

import importlib.util
import pathlib
import re

import pytest

GUIDE = pathlib.Path(__file__).parent.parent / "guide"


def words(page):
    """The page without what its code printed."""
    return re.sub(r"```text\n.*?```", "", page, flags=re.S)


def test_the_guide_runs_and_is_the_page():
    pytest.importorskip("matplotlib")
    spec = importlib.util.spec_from_file_location("render", GUIDE / "render.py")
    render = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(render)
    page, picture = render.render((GUIDE / "guide.py").read_text(encoding="utf-8"))
    assert b"<svg" in picture
    if render.PAGE.is_file():
        assert words(page) == words(render.PAGE.read_text(encoding="utf-8")), "run guide/render.py"
