# One image for every part: `docker run perdure start | api | worker | migrate | seed`.
# glibc, because Temporal's SDK brings a native library for it and none for musl. No build step: Node runs the TypeScript.
FROM node:24-bookworm-slim

# tini is process 1: it hands signals on and collects ended children, which Node does not.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini ca-certificates \
  && rm -rf /var/lib/apt/lists/*

ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PERDURE_HOME=/var/lib/perdure \
    PERDURE_CACHE=/var/cache/perdure

RUN install -d -o node -g node "$PERDURE_HOME" "$PERDURE_CACHE"

WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image has a Node of its own, so the one that npm brings for machines with an older Node is left out.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/node-linux-* node_modules/.bin/node \
  && npm cache clean --force
COPY tools tools
COPY migrations migrations
COPY workflows workflows
COPY activities activities
COPY src src

USER node
EXPOSE 8080
VOLUME ["/var/lib/perdure", "/var/cache/perdure"]

# For `api` and `start`: fails when PostgreSQL or Temporal cannot be reached. Other commands serve no HTTP: switch it off there.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8080) + '/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["/usr/bin/tini", "--", "node", "src/main.ts"]
CMD ["start"]
