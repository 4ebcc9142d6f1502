# DOCKER_BUILDKIT=1 docker build -t walguard --build-arg REVISION="$(git rev-parse HEAD)" .
# docs/container.md says how to run it, and how to build it behind a registry or a certificate of your own.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY servers/package.json servers/
# Without the workspace, whose PostgreSQL servers are for tests. A secret is there for its one step, in no layer.
RUN --mount=type=secret,id=npmrc --mount=type=secret,id=ca \
  if [ -f /run/secrets/npmrc ]; then export NPM_CONFIG_USERCONFIG=/run/secrets/npmrc; fi; \
  if [ -f /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi; \
  npm ci --workspaces=false --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY queries.yaml LICENSE ./
COPY packs packs
# Then nothing but what runs: no types, no maps, no sources of packages.
RUN npm run build \
  && npm prune --omit=dev --workspaces=false --ignore-scripts \
  && find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.cts' -o -name '*.mts' \) -delete \
  && find node_modules -type d -empty -delete
ARG VERSION=0.1.0
ARG REVISION=unknown
# Who builds may have files that nobody else can read; walguard runs as somebody else.
RUN npm pkg set version="$VERSION" gitHead="$REVISION" \
  && chmod -R a+rX dist node_modules package.json packs queries.yaml LICENSE

FROM ${NODE_IMAGE}
ARG NODE_IMAGE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="walguard" \
  org.opencontainers.image.description="Prometheus exporter for PostgreSQL" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION" \
  org.opencontainers.image.base.name="$NODE_IMAGE"
ENV NODE_ENV=production
WORKDIR /walguard
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/package.json /build/queries.yaml /build/LICENSE ./
COPY --from=build /build/packs packs
COPY --from=build /build/dist dist
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
EXPOSE 9187
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["node", "/walguard/dist/healthcheck.js"]
ENTRYPOINT ["node", "/walguard/dist/main.js"]
