"""Routes of the service as a whole."""

from fastapi import APIRouter, Response

router = APIRouter()


@router.get("/", include_in_schema=False)
async def get_root() -> Response:
    """Redirect the root to the documentation."""
    return Response(status_code=307, headers={"Location": "docs"})
