"""The documents name what there is, and nothing that there is not."""

import re
from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name

import pytest
import typer.main
from typer.core import TyperCommand, TyperGroup

from app.cli.main import app
from app.runs.registry import reports
from app.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
CODE_PATH = re.compile(r"(?<![\w/])(?:app|tests|bench|alembic)/[\w/]*(?:\.(?:py|sql)\b|(?<=/))")
COPY = re.compile(r"^(?:cp|mkdir) .*$", re.MULTILINE)
"""A command that makes a file, which is not there yet."""
DOTTED_NAME = re.compile(r"app(?:\.\w+)+")
CODE_SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
COMMAND = re.compile(r"\bheadsup ([a-z][a-z-]*)((?: [^`\n|#]*)?)")
OPTION = re.compile(r"(?<=\s)--[a-z][a-z-]*")


def commands() -> dict[str, set[str]]:
    """Map each command to its options, and those of the commands below it."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return {name: options_of(command) for name, command in group.commands.items()}


def options_of(command: object) -> set[str]:
    assert isinstance(command, TyperCommand | TyperGroup)
    own = {option for param in command.params for option in param.opts} | {"--help"}
    below = command.commands if isinstance(command, TyperGroup) else {}
    return own.union(*map(options_of, below.values()))


def test_the_readme_lists_every_command() -> None:
    assert [name for name in commands() if f"| `headsup {name}" not in README] == []


def test_the_readme_lists_every_report() -> None:
    assert [name for name in reports() if f"| `{name}` |" not in README] == []


def test_the_readme_lists_every_setting() -> None:
    variables = [f"HEADSUP_{name}".upper() for name in Settings.model_fields]

    rows = "\n".join(line for line in README.splitlines() if line.startswith("|"))
    assert [name for name in variables if f"`{name}`" not in rows] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_links_to_is_there(document: Path) -> None:
    links = LINK.findall(document.read_text("utf-8"))
    inside = [link for link in links if "://" not in link]

    assert [link for link in inside if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_of_code_in_a_document_exists(document: Path) -> None:
    paths = CODE_PATH.findall(COPY.sub("", document.read_text("utf-8")))

    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_name_of_code_in_a_document_exists(document: Path) -> None:
    names = DOTTED_NAME.findall(document.read_text("utf-8"))

    assert [name for name in names if not resolves(name)] == []


def resolves(name: str) -> bool:
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def test_a_decision_has_a_number_of_its_own() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]

    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_a_document_can_be_given(document: Path) -> None:
    known = commands()

    unknown = [
        f"headsup {name} {' '.join(sorted(options - known.get(name, set())))}".strip()
        for name, options in commands_in(document)
        if not options <= known.get(name, set()) or name not in known
    ]

    assert unknown == []


def commands_in(document: Path) -> Iterator[tuple[str, set[str]]]:
    """Yield each command that stands as code, and its options."""
    text = document.read_text("utf-8")
    blocks = re.findall(r"```(?:console|sh|bash)\n(.*?)```", text, re.DOTALL)
    spans = CODE_SPAN.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    for code in [*blocks, *spans]:
        for name, rest in COMMAND.findall(code):
            yield name, set(OPTION.findall(rest))


def test_every_target_of_make_has_a_sentence() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split()
    explained = re.findall(r"^([a-z]+):.*## .", makefile, re.MULTILINE)

    assert sorted(phony) == sorted(explained)
