/** What set-up brings along. Raise a version here and the next start builds it. */
export const NATS_SERVER = { version: '2.15.2', module: 'github.com/nats-io/nats-server/v2@v2.15.2' }
// MinIO's own release of this day; binaries made by `go install` call themselves DEVELOPMENT.GOGET, so the version is kept in a file beside
export const MINIO = { version: 'v0.0.0-20260212201848-7aac2a2c5b7c', module: 'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c' }
export const HAPROXY = { atLeast: '2.6' }
export const NODE_AT_LEAST = '20.0'
