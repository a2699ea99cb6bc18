import { createHash } from 'node:crypto'

/**
 * Labels of what a gateway makes in a Swarm: services (and their tasks' containers), networks and secrets. Whatever does not have
 * the first one, with this cluster's scope as its value, is somebody else's and never touched.
 */
export const LABEL = {
  scope: 'one-record.gateway.scope',
  /** `name.namespace`. */
  function: 'one-record.gateway.function',
  /** Of a service: hash of the spec that it was made from; the same one is not applied twice. */
  hash: 'one-record.gateway.spec',
  /** Of a container: the image's id, where no digest pins it. */
  imageId: 'one-record.gateway.image-id',
  /** Of a secret: the name that functions know. */
  secret: 'one-record.gateway.secret',
  namespace: 'one-record.gateway.namespace',
} as const

/** An annotation is a label of the service under this prefix, as faas-swarm had it; labels are labels as they are. */
export const ANNOTATION_PREFIX = 'com.openfaas.annotations.'

/** Functions listen here, plain HTTP. */
export const FUNCTION_PORT = 8080

/** Longest name of a service: it is a DNS label. */
const MAX_NAME = 63

/** `fn`, `echo.openfaas-fn` -> `fn_echo_openfaas-fn`: the name of its service. One too long ends in a hash. */
export const serviceName = (scope: string, id: string): string => bounded(`${scope}_${id.replace('.', '_')}`)

/** The overlay network of the functions of a namespace: the default one's is `network` itself, `staging` has `network-staging`. */
export const networkName = (network: string, namespace: string, defaultNamespace: string): string =>
  namespace === defaultNamespace ? network : bounded(`${network}-${namespace}`)

const bounded = (name: string): string =>
  name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME - 11)}-${createHash('sha256').update(name).digest('hex').slice(0, 10)}`
