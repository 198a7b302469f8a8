"""The page `/docs`: Swagger UI from local assets, under a strict Content-Security-Policy."""

import re
from base64 import b64encode
from hashlib import sha256

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

ASSETS = "/static-offline-docs"
INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
DOCS_POLICY = (
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
"""Swagger UI sets style attributes. Of inline scripts, only those with a listed hash may run."""


def add_docs(app: FastAPI) -> None:
    """Add the page and its assets to the application."""
    app.mount(ASSETS, StaticFiles(packages=[("fastapi_offline", "static")]))

    @app.get("/docs", include_in_schema=False)
    async def get_docs(request: Request) -> HTMLResponse:
        root = request.scope.get("root_path", "")
        page = get_swagger_ui_html(
            openapi_url=f"{root}{app.openapi_url}",
            title=app.title,
            swagger_js_url=f"{root}{ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{root}{ASSETS}/favicon.png",
            swagger_ui_parameters=app.swagger_ui_parameters,
        )
        page.headers["Content-Security-Policy"] = policy_of(bytes(page.body))
        return page


def policy_of(page: bytes) -> str:
    """Return the policy that allows exactly the inline scripts of `page`, by their hashes."""
    digests = (sha256(script).digest() for script in INLINE_SCRIPT.findall(page))
    return DOCS_POLICY.format(hashes=" ".join(f"'sha256-{b64encode(d).decode()}'" for d in digests))
