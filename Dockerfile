# The image holds the installed package and nothing that was needed to build it. It starts the live server, which needs
# COINGLASS_API_KEY; `serve --sandbox` as the command starts the sandbox.
FROM python:3.11-slim AS builder
# For native/rows.pyx. Not pinned: Debian keeps one version of a release, and nothing of it comes into the image.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
    && python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir /wheels/*.whl

FROM python:3.11-slim
COPY --from=builder /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    COINGLASS_HOST=0.0.0.0 \
    COINGLASS_PORT=8000
USER 10001:10001
EXPOSE 8000
# Past any proxy: the server is in this container.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open(f'http://127.0.0.1:{os.environ[\"COINGLASS_PORT\"]}/healthz', timeout=3)"]
ENTRYPOINT ["coinglass-graphql"]
CMD ["serve"]
