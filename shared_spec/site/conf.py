# SPDX-License-Identifier: MIT
"""How `make docs` makes the site: the documents where they lie, pictures, the host's docstrings, and the headers in C.

Sphinx reads the documents in place, so that a link between them works here and in the repository. Hawkmoth reads C, but
only comments of the form /** */, and takes them for reStructuredText: it is given copies of the headers with their // comments
in that form.
"""

import re
import sys
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from hawkmoth.util import compiler
from pygments.lexers.python import PythonLexer
from pygments.lexers.special import TextLexer
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

sys.path[:0] = str(Path(__file__).parents[2] / "host"), str(Path(__file__).parent)
import pictures  # noqa: E402

from deeplomath.paths import BUILD, ROOT  # noqa: E402  (the path comes first)
from deeplomath.spec import VERSION_LIBRARY  # noqa: E402

FIRMWARE = ROOT / "firmware"
HEADERS = [FIRMWARE / "kernel" / "dlm.h", FIRMWARE / "signal" / "dlm_signal.h"]
LIBRARIES = [FIRMWARE / name for name in ("common", "kernel", "signal")]
COPY = BUILD / "docs-c"  # of the headers, as Hawkmoth reads them
DRAWN = BUILD / "docs-pictures"

project = "Deeplomath"
author = "Deeplomath authors"
release = version = VERSION_LIBRARY
extensions = ["sphinx.ext.autodoc", "hawkmoth", "myst_parser"]
myst_enable_extensions = ["deflist"]
root_doc = "shared_spec/site/index"
include_patterns = [
    *("README.md", "shared_spec/*.md", "shared_spec/site/*.md"),
    *("boards/README.md", "boards/*/README.md"),
]
exclude_patterns = ["build", ".venv*", "**/node_modules"]
default_role = "code"
myst_heading_anchors = 3  # what `[Rounding](#rounding)` leads to, as in the repository
autodoc_member_order = "bysource"
autodoc_typehints = "none"
html_theme = "furo"
html_title = f"Deeplomath {release}"
html_extra_path = ["index.html"]
html_copy_source = False
html_show_copyright = False
hawkmoth_root = str(COPY)
hawkmoth_clang = [*(f"-I{folder}" for folder in LIBRARIES), *compiler.get_include_args("gcc", "c")]


def escaped(line):
    """A line of a comment or docstring, in which no sign but the back-tick has a meaning of its own."""
    return re.sub(r"`[^`]*`|[*|_]", lambda found: found[0] if found[0][0] == "`" else f"\\{found[0]}", line)


def in_rst(block):
    """The lines of a comment or docstring as reStructuredText: what is indented is code."""
    code = False
    for line in block:
        if line.startswith("    ") and not code:
            yield from ("::", "")
        code = line.startswith("    ") or code and not line
        yield line if code else escaped(line)


def in_doc_comments(text):
    """C text whose // comments are of the form /** */, each in front of what it tells of."""
    lines, block = [], []
    for line in text.splitlines():
        whole = re.match(r"// ?(.*)", line)
        field = re.match(r"(\s+\w[^/]*;)\s+// (.*)", line)
        if whole:
            block.append(whole[1])
            continue
        if block:
            lines.append("\n * ".join(["/**", *in_rst(block)]) + "\n */")
            block = []
        lines += [f"    /** {escaped(field[2])} */", field[1]] if field else [line]
    return "\n".join(lines) + "\n"


class Picture(Directive):
    """A picture that pictures.py draws, for light pages and for dark ones; what stands below its name says what it shows."""

    required_arguments = 1
    has_content = True

    def run(self):
        (name,), alt, shown = self.arguments, " ".join(self.content), []
        if name not in pictures.PICTURES or not alt:
            raise self.error(f"{name}: a picture of pictures.py, and words on what it shows, needed")
        for theme in pictures.THEMES:
            file = DRAWN / f"{name}-{theme}.svg"
            if not file.is_file() or file.stat().st_mtime < _newest():
                pictures.draw(name, theme, DRAWN)
            uri = f"/{file.relative_to(ROOT).as_posix()}"
            shown.append(nodes.image(uri=uri, alt=alt, classes=[f"only-{theme}"]))
        return shown


def _newest():
    """When what pictures are made of was changed last."""
    mirror = [*(ROOT / "host" / "deeplomath" / "mirror").glob("*.py"), pictures.START, Path(pictures.__file__)]
    return max(file.stat().st_mtime for file in mirror)


class Folders(SphinxPostTransform):
    """A link to a folder becomes its name: the site has no repository beside it."""

    default_priority = 1  # before a page that is not there is a warning

    def run(self, **_):
        for link in [*self.document.findall(addnodes.pending_xref)]:
            if (ROOT / self.env.docname).parent.joinpath(link.get("reftarget", ".")).is_dir():
                link.replace_self(nodes.literal("", link.astext()))


def setup(app):
    for folder in (COPY, DRAWN):
        folder.mkdir(parents=True, exist_ok=True)
    for header in HEADERS:
        _, text = header.read_text().split("\n", 1)  # without its licence line
        text = text.replace("#ifndef", "/**/\n#ifndef", 1)  # ends the file's comment, else it tells of the macro
        (COPY / header.name).write_text(in_doc_comments(text))
    app.add_lexer("dump", TextLexer)  # of bytes, in PROTOCOL.md
    app.add_lexer("micropython", PythonLexer)
    app.add_directive("picture", Picture)
    app.add_post_transform(Folders)
    app.connect("autodoc-process-docstring", _escape_docstring)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _escape_docstring(app, what, name, obj, options, lines):
    lines[:] = [line if line.startswith((">>>", "...", " ")) else escaped(line) for line in lines]
