# SPDX-License-Identifier: MIT
"""What sources and documents cite is there: files, and the sections of documents."""

import re
import subprocess

import pytest

from implementations import ROOT

TEXT = (".py", ".c", ".h", ".md", ".toml", ".mjs", ".sh", ".mk", ".cmake", ".yml", "Makefile")
NAME = r"(?:\d+(?:\.\d+)*|[A-Z][a-z]+(?: [a-z]+)*)"  # of a section: its number or its title
CODE = r"(?:firmware|host|tests|boards|shared_spec)(?:/[a-z][\w.]*)+\.(?:py|c|h|toml|md|mk|mjs|sh|cmake|json)\b"


def texts():
    """(path from the root, text) of what git knows; of an archive without Git, of the folders that hold sources."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    files = [ROOT / name for name in listed] or [
        file for folder in ("firmware", "host", "shared_spec", "tests") for file in (ROOT / folder).rglob("*")
    ]
    return [(file, file.read_text()) for file in files if file.is_file() and file.name.endswith(TEXT)]


TEXTS, HERE = texts(), "test_citations.py"


def sections(name):
    """Titles of a document: headings, their numbers, and what stands in bold at the beginning of a paragraph."""
    text = (ROOT / "shared_spec" / name).read_text()
    headings = re.findall(r"^#+ (?:([\d.]+?)\.? )?(.*)$", text, re.M)
    return {part for heading in headings for part in heading if part} | set(
        re.findall(r"^\*\*([\w ]+)\.\*\*", text, re.M)
    )


@pytest.mark.parametrize("document", ["NUMERICS.md", "SIGNAL.md", "STORE.md", "PROTOCOL.md"])
def test_each_section_that_is_cited_is_there(document):
    known, cited = sections(document), []
    for file, text in TEXTS:
        text = re.sub(r"\n\s*(?://|#)?\s*", " ", text)  # a citation may go on in the next line of a comment
        cite = rf"{re.escape(document)}`?, (?:sections? )?({NAME}(?:(?:, | and ){NAME})*)"
        cited += [(file.name, name) for names in re.findall(cite, text) for name in re.findall(NAME, names)]
    assert len(cited) > (20 if document == "NUMERICS.md" else 0)
    missing = [(file, name) for file, name in cited if not any(name == k or name.startswith(f"{k} ") for k in known)]
    assert missing == []


def test_a_document_is_cited_by_its_files_name():
    bare = r"\(([A-Z]{5,}): "  # "(DESIGN: P, S, E)"
    assert [(file.name, name) for file, text in TEXTS for name in re.findall(bare, text) if file.name != HERE] == []


def test_each_file_that_is_cited_is_there():
    cited = [(file, name) for file, text in TEXTS for name in re.findall(rf"(?<![\w/.-]){CODE}", text)]
    assert len(cited) > 50
    places = (lambda file, name: ROOT / name, lambda file, name: file.parent / name)
    assert [(file.name, name) for file, name in cited if not any(at(file, name).is_file() for at in places)] == []
