"""`--help` teaches each command and each option."""

import subprocess
import sys

import typer.main

from app.cli.main import app
from tests.cli.conftest import Headsup

GROUP = typer.main.get_command(app)


def test_help_lists_every_command_with_a_sentence(headsup: Headsup) -> None:
    answer = headsup("--help")

    assert (answer.status, answer.err) == (0, "")
    for name in commands():
        assert f" {name} " in answer.words


def test_help_of_every_command_says_what_it_is_for(headsup: Headsup) -> None:
    for name, first_line in commands().items():
        answer = headsup(name, "--help")

        assert (answer.status, answer.err) == (0, "")
        assert first_line in answer.words
        assert f"Usage: headsup {name}" in answer.words


def test_help_explains_every_option() -> None:
    silent = [
        f"{name} {param.name}"
        for name, command in GROUP.commands.items()  # type: ignore[attr-defined]
        for param in command.params
        if not param.help
    ]

    assert silent == []


def test_garbage_is_collected_again_once_the_command_is_imported() -> None:
    program = "import gc, app.__main__; print(gc.isenabled(), gc.get_freeze_count() > 0)"

    said = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True)  # noqa: S603 - our own program

    assert said.stdout.split() == [b"True", b"True"]


def commands() -> dict[str, str]:
    """Map each command to the first line of its help."""
    found: dict[str, str] = {}
    for name, command in GROUP.commands.items():  # type: ignore[attr-defined]
        assert command.help, name
        found[name] = " ".join(command.help.split("\n\n")[0].split())
    return found
