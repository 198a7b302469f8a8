"""What concerns every part of the service at once."""

from fastapi import APIRouter, Response

router = APIRouter()


@router.get("/", include_in_schema=False)
async def get_root() -> Response:
    """Lead whoever looks around to the description."""
    return Response(status_code=307, headers={"Location": "docs"})
