"""The description of the API, and its operations by their names."""

from pathlib import Path
from typing import Any

from app.api.app import create_app
from app.api.openapi import METHODS
from app.settings import Settings

APP = create_app(Settings(home=Path("/nowhere")))
DESCRIBED = APP.openapi()
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation | {"method": method.upper(), "path": path}
    for path, operations in DESCRIBED["paths"].items()
    for method, operation in operations.items()
    if method in METHODS
}
