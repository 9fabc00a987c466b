"""The guide runs, and the page in the repository is what it prints."""

import importlib.util
import pathlib

import pytest

GUIDE = pathlib.Path(__file__).parent.parent / "guide"


def test_the_guide_is_what_its_code_prints():
    pytest.importorskip("matplotlib")
    spec = importlib.util.spec_from_file_location("render", GUIDE / "render.py")
    render = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(render)
    page, picture = render.render((GUIDE / "guide.py").read_text(encoding="utf-8"))
    assert b"<svg" in picture
    if render.PAGE.is_file():
        assert page == render.PAGE.read_text(encoding="utf-8"), "run guide/render.py"
