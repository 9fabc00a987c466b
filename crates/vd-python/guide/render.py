"""Makes docs/how-to/python.md of guide.py: runs its cells and puts what they print below them.

    python render.py [--check]

`--check` compares the page in the repository with what it would write, and fails where they differ. The tests compare code and prose alone: what is printed
changes with the estimators, and is made anew with a change of theirs.
"""

import contextlib
import io
import os
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parents[2] / "docs" / "how-to" / "python.md"
PICTURE = "python-relevance.svg"


def cells(source):
    """(is markdown, text) of every cell."""
    for part in source.split("# %%")[1:]:
        head, _, body = part.partition("\n")
        yield "[markdown]" in head, body.strip("\n")


def render(source):
    """The page, and the picture's bytes; the cells run in a folder of their own."""
    import pandas

    pandas.set_option("display.width", 100)
    parts, space, back = [], {}, os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for is_markdown, text in cells(source):
                if is_markdown:
                    parts.append("\n".join(line.removeprefix("#").removeprefix(" ") for line in text.splitlines()))
                    continue
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    exec(compile(text, "guide.py", "exec"), space)
                parts.append(f"```python\n{text}\n```")
                if out.getvalue():
                    printed = "\n".join(line.rstrip() for line in out.getvalue().rstrip().splitlines())
                    parts.append(f"```text\n{printed}\n```")
            picture = pathlib.Path(PICTURE).read_bytes()
        finally:
            os.chdir(back)
    return "\n\n".join(parts) + "\n", picture


def main():
    page, picture = render((HERE / "guide.py").read_text(encoding="utf-8"))
    if "--check" in sys.argv:
        if PAGE.read_text(encoding="utf-8") != page:
            sys.exit(f"{PAGE} is not what guide.py prints: run {pathlib.Path(__file__).name}")
        return
    PAGE.write_text(page, encoding="utf-8")
    (PAGE.parent / PICTURE).write_bytes(picture)


if __name__ == "__main__":
    main()
