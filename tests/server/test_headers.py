"""What every answer of the server tells browsers and caches."""

import re
from base64 import b64encode
from hashlib import sha256

import httpx
import pytest

from tests.server.conftest import Served

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


async def ask(served: Served, path: str, **headers: str) -> httpx.Response:
    """Ask over the network, with the key of everything."""
    key = {"Authorization": f"Bearer {served.key}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client:
        return await client.get(path, headers={**key, **headers})


@pytest.mark.parametrize(
    ("path", "status", "cached"),
    [
        ("/healthz", 200, "no-store"),
        ("/readyz", 200, "no-store"),
        ("/metrics", 200, "no-store"),
        ("/nothing", 404, "no-store"),
        ("/openapi.json", 200, "no-store"),
        ("/docs", 200, "no-store"),
        ("/static-offline-docs/swagger-ui.css", 200, "no-cache"),
        ("/me", 200, "private, no-cache"),
        ("/users/1", 403, "no-store"),
        ("/churn/risk", 200, "private, no-cache"),
    ],
)
async def test_every_answer_is_bound(served: Served, path: str, status: int, cached: str) -> None:
    answer = await ask(served, path)

    assert answer.status_code == status
    assert ALWAYS.items() <= dict(answer.headers).items()
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == cached
    assert "strict-transport-security" not in answer.headers


async def test_the_page_of_the_description_runs_its_own_scripts_and_no_others(
    served: Served,
) -> None:
    page = await ask(served, "/docs")

    policy = page.headers["content-security-policy"]
    (inline,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    digest = b64encode(sha256(inline.encode()).digest()).decode()
    scripts = re.search(r"script-src ([^;]*);", policy)
    assert scripts is not None
    assert scripts[1].split() == ["'self'", f"'sha256-{digest}'"]


async def test_a_scheme_that_anybody_can_claim_is_not_believed(served: Served) -> None:
    answer = await ask(served, "/healthz", X_Forwarded_Proto="https")

    assert "strict-transport-security" not in answer.headers
