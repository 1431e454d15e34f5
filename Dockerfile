# The image has the installed package, its locked dependencies and their bill of materials, and nothing that was needed to
# build it. It starts the live server, which needs COINGLASS_API_KEY; `serve --sandbox` as the command starts the sandbox.
# `make replay` runs these lines without Docker.
#
# The tag of the base image gets security fixes with each build. For builds that can be repeated, name the digest that
# `docker buildx imagetools inspect python:3.11-slim` prints: --build-arg BASE=python:3.11-slim@sha256:...
ARG BASE=python:3.11-slim

FROM ${BASE} AS builder
# For native/rows.pyx. Not pinned: Debian keeps one version of a release, and nothing of it comes into the image.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY locks/server.txt locks/build.txt locks/node.txt locks/
# The environment of the server has no pip of its own; that of the build installs into it.
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes --requirement locks/build.txt --requirement locks/node.txt \
    && python -m venv --without-pip /opt/venv \
    && /opt/build/bin/pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes --requirement locks/server.txt
COPY . .
# An image without the page of the explorer is none.
RUN COINGLASS_GRAPHQL_UI=require /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/build/bin/pip --python /opt/venv/bin/python install --no-cache-dir --no-index --no-deps /wheels/*.whl \
    && /opt/build/bin/pip --python /opt/venv/bin/python check \
    && /opt/build/bin/cyclonedx-py environment /opt/venv/bin/python --pyproject pyproject.toml --output-reproducible \
        --output-format JSON --output-file /opt/venv/sbom.cdx.json

FROM ${BASE}
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="coinglass-graphql" \
    org.opencontainers.image.description="One typed GraphQL graph over the CoinGlass v4 API." \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}" \
    org.opencontainers.image.created="${CREATED}"
COPY --from=builder /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    COINGLASS_HOST=0.0.0.0 \
    COINGLASS_PORT=8000
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# Past any proxy: the server is in this container.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open(f'http://127.0.0.1:{os.environ[\"COINGLASS_PORT\"]}/healthz', timeout=3)"]
ENTRYPOINT ["coinglass-graphql"]
CMD ["serve"]
