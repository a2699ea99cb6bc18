# The data plane. Edge control, in a container of its own beside it, writes the configuration into the folder that both share and
# keeps the maps over the socket there: it may be updated, or die, while this one serves on.
ARG BASE
FROM ${BASE}
ARG RUN_AS
USER ${RUN_AS}:${RUN_AS}
# who comes is served to the end (management guide, section 4)
STOPSIGNAL SIGUSR1
# the first configuration may take a moment; from then on HAProxy is the container's only process and its workers'
ENTRYPOINT ["/bin/sh", "-c", "until [ -s /run/edge/haproxy.cfg ]; do sleep 0.1; done; exec haproxy -W -db -S /run/edge/master.sock,mode,600 -f /run/edge/haproxy.cfg"]
CMD []
ARG TITLE
ARG VERSION
ARG REVISION
ARG SOURCE
LABEL org.opencontainers.image.title="${TITLE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="MIT"
