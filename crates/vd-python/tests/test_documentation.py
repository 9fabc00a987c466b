"""Docstrings run, name what there is, and agree with the stubs."""

import ast
import doctest
import importlib
import inspect
import pathlib
import re

import pytest
import vd_ard
from conftest import ALL, make, problem

MODULES = ["_glm", "_l1", "_linear", "_network", "_pasteable", "_rvm", "_saved", "dask", "kl"]
PACKAGE = pathlib.Path(vd_ard.__file__).parent


@pytest.mark.parametrize("module", MODULES)
def test_examples_run(module):
    results = doctest.testmod(importlib.import_module(f"vd_ard.{module}"))
    assert results.failed == 0 and results.attempted >= 2


def test_every_parameter_and_attribute_is_documented(name):
    estimator = make(name)
    text = inspect.getdoc(type(estimator))
    parameters, rest = text.split("Attributes\n")
    for parameter in estimator.get_params():
        assert re.search(rf"^([a-z0-9_A-Z, ]*, )?{parameter}( :|,|$)", parameters, re.M), f"{parameter} of {name}"
    fitted = [make(name).fit(*problem(name))]
    if name.startswith("RVM"):
        fitted.append(make(name, kernel=None).fit(*problem(name)))
    for model in fitted:
        for attribute in vars(model):
            if attribute.endswith("_") and not attribute.startswith("_"):
                assert attribute in rest, f"{attribute} of {name} is not documented"
    for section in ("References", "Examples"):
        assert f"{section}\n---" in text, f"{name} has no {section}"


def test_stubs_name_what_there_is():
    assert (PACKAGE / "py.typed").is_file()
    for stub in ("__init__.pyi", "kl.pyi", "_vd_ard.pyi"):
        tree = ast.parse((PACKAGE / stub).read_text())
        module = importlib.import_module("vd_ard" if stub == "__init__.pyi" else f"vd_ard.{stub[:-4]}")
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                _agrees(node, getattr(module, node.name))
            elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                for item in node.body:
                    if isinstance(item, ast.FunctionDef) and not item.name.startswith("__reduce"):
                        if any(isinstance(d, ast.Name) and d.id == "property" for d in item.decorator_list):
                            continue
                        _agrees(item, getattr(getattr(module, node.name), item.name))
    exported = {n.name for n in ast.parse((PACKAGE / "__init__.pyi").read_text()).body if hasattr(n, "name")}
    assert set(vd_ard.__all__) - {"kl"} <= exported and set(ALL) <= exported


def _agrees(node, function):
    """The stub's parameter names are the function's."""
    if node.name == "__new__":
        return
    stub = [a.arg for a in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
    real = [p for p in inspect.signature(function).parameters]
    assert [a for a in stub if a != "self"] == [p for p in real if p not in ("self", "args", "kwargs")], node.name
