# A warm ONE Record server. No HEALTHCHECK: a check in a frozen container hangs, and the agent knows its slots better.
# Its limits are the plan's: --memory, --cpus, --pids-limit and NODE_OPTIONS=--max-old-space-size are the service's.
ARG BASE
FROM ${BASE}
WORKDIR /app
COPY app/ /app/
ENV NODE_ENV=production
ARG RUN_AS
USER ${RUN_AS}:${RUN_AS}
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--expose-gc", "/app/main.mjs"]
ARG TITLE
ARG VERSION
ARG REVISION
ARG SOURCE
LABEL org.opencontainers.image.title="${TITLE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="MIT"
