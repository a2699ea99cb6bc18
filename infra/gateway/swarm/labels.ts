import { createHash } from 'node:crypto'

/**
 * Labels of what gateways make in a Swarm: services (and their tasks' containers), networks and secrets. Whatever does not have
 * the first one, with the gateway's own scope as its value, is somebody else's and never touched.
 */
export const LABEL = {
  scope: 'one-record.gateway.scope',
  /** `name.namespace`. */
  function: 'one-record.gateway.function',
  /** Of a service: id of the network on which gateways reach it. */
  network: 'one-record.gateway.network',
  /** Of a container: hash of what its task was made from. Tasks of one service that differ in it are of different versions. */
  version: 'one-record.gateway.version',
  /** Of a container: the image's id, where no digest pins it. */
  imageId: 'one-record.gateway.image-id',
  /** Of a secret: `namespace/name`, as functions know it. */
  secret: 'one-record.gateway.secret',
} as const

/** An annotation is a label of the service under this prefix, as faas-swarm had it; labels are labels as they are. */
export const ANNOTATION_PREFIX = 'com.openfaas.annotations.'

/** Labels that nobody deploys: ours, and those by which Docker knows stacks. */
export const isReservedLabel = (name: string): boolean => ['one-record.gateway.', 'com.docker.', ANNOTATION_PREFIX].some((prefix) => name.startsWith(prefix))

/** Functions listen here, plain HTTP. */
export const FUNCTION_PORT = 8080

/** Longest name of a service: it is a DNS label. */
const MAX_NAME = 63

/** `fn`, `echo.openfaas-fn` -> `fn_echo_openfaas-fn`: the name of its service. One too long ends in a hash. */
export const serviceName = (scope: string, id: string): string => bounded(`${scope}_${id.replace('.', '_')}`)

const bounded = (name: string): string =>
  name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME - 11)}-${createHash('sha256').update(name).digest('hex').slice(0, 10)}`
