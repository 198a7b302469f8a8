FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    HEADSUP_HOME=/var/lib/headsup

RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/headsup headsup
WORKDIR /srv/headsup

COPY requirements.lock ./
RUN pip install --require-hashes --requirement requirements.lock

# The migrations stand beside the package, so the package is used where it is copied to.
COPY pyproject.toml README.md alembic.ini ./
COPY alembic ./alembic
COPY app ./app
RUN pip install --no-deps --editable . && python -m compileall -q app

USER headsup
VOLUME /var/lib/headsup
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]

ENTRYPOINT ["headsup"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
