# A warm ONE Record server. No HEALTHCHECK: a check in a frozen container hangs, and the agent knows its slots better.
# Of the plan `small`; for another, NODE_OPTIONS is the service's (infra/agent/plans.ts), and so are the limits of each.
ARG BASE
FROM ${BASE}
WORKDIR /app
COPY app/ /app/
ARG RUN_AS
USER ${RUN_AS}:${RUN_AS}
ARG NODE_OPTIONS
ENV NODE_ENV=production \
    NODE_OPTIONS=${NODE_OPTIONS} \
    NODE_COMPILE_CACHE=/app/compiled
RUN ["node", "/app/compile-slot.mjs"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/main.mjs"]
ARG TITLE
ARG VERSION
ARG REVISION
ARG SOURCE
LABEL org.opencontainers.image.title="${TITLE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="MIT"
