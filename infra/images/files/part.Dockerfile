# One of our parts: node and its bundle, nothing else. Built by `npm run images`, which puts app/ beside this file.
ARG BASE
FROM ${BASE}
WORKDIR /app
COPY app/ /app/
# the root file system may be read-only: all that is written lies in /tmp, a tmpfs. /run/edge is what edge control and HAProxy share
ARG DATA_DIR
ENV NODE_ENV=production \
    BIND_ADDRESS=0.0.0.0 \
    SECRETS_DIR=/run/secrets \
    DATA_DIR=${DATA_DIR} \
    EDGE_SOCKET=/run/edge/haproxy.sock \
    WAKER_SOCKET=/run/edge/waker.sock \
    HEALTH_FILE=/tmp/well
ARG RUN_AS
USER ${RUN_AS}:${RUN_AS}
STOPSIGNAL SIGTERM
# who serves fills it every two seconds (infra/health-file.ts), who checks empties it: builtins of a shell, a millisecond of CPU. Patient:
# to begin anew makes no starved machine faster
HEALTHCHECK --interval=5s --timeout=5s --start-period=300s --retries=12 CMD ["/bin/sh", "-c", "[ -s \"$HEALTH_FILE\" ] && : > \"$HEALTH_FILE\""]
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
