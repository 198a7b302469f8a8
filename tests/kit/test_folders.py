"""Folders that hold data of persons."""

from pathlib import Path

from app.kit.folders import close_to_others, make_private


def mode(path: Path) -> int:
    """Return who may do what with a path."""
    return path.stat().st_mode & 0o777


def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    make_private(tmp_path / "home" / "lake")

    modes = [mode(tmp_path / name) for name in (".", "home", "home/lake")]
    assert modes == [0o755, 0o700, 0o700]


def test_a_world_readable_folder_is_made_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    close_to_others(tmp_path)
    close_to_others(tmp_path / "absent")

    assert mode(tmp_path) == 0o700
