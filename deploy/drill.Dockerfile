# walguard beside the programs of PostgreSQL that a drill restores with: the major version is that of the server.
#   DOCKER_BUILDKIT=1 docker build -t walguard .
#   DOCKER_BUILDKIT=1 docker build -t walguard-drill --build-arg POSTGRES_IMAGE=postgres:17 -f deploy/drill.Dockerfile .
ARG POSTGRES_IMAGE=postgres:17
ARG WALGUARD_IMAGE=walguard

FROM ${WALGUARD_IMAGE} AS walguard

FROM ${POSTGRES_IMAGE}
COPY --from=walguard /usr/local/bin/node /usr/local/bin/node
COPY --from=walguard /walguard /walguard
ENV NODE_ENV=production
# The account postgres of that image, as a number.
USER 999:999
ENTRYPOINT ["node", "/walguard/dist/main.js"]
CMD ["drill"]
