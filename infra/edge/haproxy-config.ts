import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { dirname, join } from 'node:path'
import { failure, type CatalogueError } from '../../events/errors.ts'
import { CLAIM_HEADER } from '../claim-secret.ts'
import type { Config } from '../config.ts'
import { frontPage, pageAnswer, problemAnswer, type Answer } from './answers.ts'

/** Maps HAProxy looks things up in; files beside its configuration, empty at start, filled over the runtime socket. */
export const MAPS = {
  /** Host to `claim|deployment|state`; key READY_KEY stands when all known hosts are in. */
  hosts: 'hosts.map',
  /** Claim to `ip|port|claim header`, while it is routed. */
  slots: 'slots.map',
  /** Deployment to why it is stopped or failed, base64. */
  reasons: 'reasons.map',
} as const
export type MapName = (typeof MAPS)[keyof typeof MAPS]

/**
 * One more map, of two keys that are always there: what our process says each second while it lives, in milliseconds since
 * 1970. HAProxy outlives it, and then goes by what was said last.
 */
export const LEASE = {
  map: 'lease.map',
  /** Until when visitors may be sent to slots; 0: no longer. */
  until: 'until',
  /** When our process last said anything; 0: not yet. */
  alive: 'alive',
} as const
/** No lease is longer: one that ends later was given before the clock was set back. */
const LONGEST_LEASE_MS = 4_000
/** The waker is in a process that was silent for so long, milliseconds: nobody is handed to it. */
const SILENT_MS = 6_000

/** They call themselves so, and fetch what nobody asked them for; parts of User-Agent, in any case. */
const CRAWLERS = ['bot/', 'bot;', 'bot)', 'crawler', 'spider', 'slurp', 'facebookexternalhit', 'ahrefs', 'semrush', 'mj12', 'bytespider', 'ccbot', 'gptbot', 'claudebot'] as const

/** No host can be this. */
export const READY_KEY = 'ready!'
/** Requests in flight and in all, by claim. */
export const ACTIVITY_TABLE = 'activity'
/** An entry's age is read off its expiry; longer than the longest idle time that can be set. */
export const ACTIVITY_EXPIRE_MS = 7 * 86_400_000

/** What the running HAProxy was configured with: the environment variable that holds the digest of it. */
export const DIGEST_VARIABLE = 'PLAYGROUND_CONFIGURATION'

/** Sockets beside the runtime socket: the command line of the master, and where a successor is told the counts. */
export const masterSocket = ({ EDGE_SOCKET }: Pick<Config, 'EDGE_SOCKET'>): string => join(dirname(EDGE_SOCKET), 'master.sock')
const peersSocket = ({ EDGE_SOCKET }: Pick<Config, 'EDGE_SOCKET'>): string => join(dirname(EDGE_SOCKET), 'peers.sock')
/** Reloads that a predecessor outlives at most, whoever it still serves. */
const MOST_PREDECESSORS = 10

/** Only the edge sets it, for the waker: the host's entry, `claim|deployment|state`, of which the claim is counted for the request. */
export const ENTRY_HEADER = 'x-playground-entry'

/** The listener of the waker and the gateway as HAProxy reaches them: an address to listen on at large is loopback from inside. */
const reachable = (address: string): string => (address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address)
const wakerOf = ({ WAKER_SOCKET, BIND_ADDRESS, WAKER_PORT }: Config): string => (WAKER_SOCKET ? `unix@${WAKER_SOCKET}` : `${reachable(BIND_ADDRESS)}:${WAKER_PORT}`)

/** Gateways behind one name at most, such as tasks of a service. */
const MOST_OF_A_NAME = 16

/** The whole configuration and its digest, by which a running HAProxy tells with which one it was started. */
export const haproxyConfig = (config: Config): { readonly text: string; readonly digest: string } => {
  const text = renderHaproxyConfig(config)
  const digest = createHash('sha256').update(text).digest('hex')
  return { text: text.replace('global\n', `global\n  setenv ${DIGEST_VARIABLE} ${digest}\n`), digest }
}

/**
 * HAProxy's configuration (2.6 and later): the data plane. A request of a routed deployment meets none of our code; one of a
 * sleeping deployment, or of a slot that refuses, goes to the waker; hosts nobody knows are answered here.
 */
const renderHaproxyConfig = (config: Config): string => `# made by infra/edge/haproxy-config.ts
global
  default-path config
  stats socket "${config.EDGE_SOCKET}" mode 600 level admin expose-fd listeners
  stats timeout 24d
  fd-hard-limit 65536
  # a reload: who came before it is served by the old worker to the end, but not for ever
  hard-stop-after ${config.RELOAD_DRAIN_SECONDS}s
  mworker-max-reloads ${MOST_PREDECESSORS}
  localpeer edge

# counts and ages of entries go from the old worker to the new one; requests in flight stay each one's own
peers workers
  bind "unix@${peersSocket(config)}" mode 600
  server edge

# names of gateways: tasks come and go
resolvers system
  parse-resolv-conf
  accepted_payload_size 8192
  timeout resolve 1s
  timeout retry 500ms
  hold valid 1s

defaults
  mode http
  http-reuse safe
  option abortonclose
  option http-no-delay
  retries 2
  timeout http-request 10s
  timeout http-keep-alive 60s
  timeout connect 2s
  timeout client 5m
  timeout server 5m
  timeout queue 5s
  timeout tunnel 1h
  timeout client-fin 30s
  timeout server-fin 30s
${[
    failure('MALFORMED_REQUEST', { reason: 'it is not HTTP as RFC 9112 has it' }),
    failure('BACKEND_UNAVAILABLE'), failure('BACKEND_HUNG_UP'), failure('BACKEND_TIMEOUT'),
  ].map((error) => `  ${httpError(problemAnswer(error))}`).join('\n')}

# counted before the slot is looked up: once a slot is out of the map, whoever still got it is in conn_cur
backend ${ACTIVITY_TABLE}
  stick-table type string len 100 size 1m expire ${ACTIVITY_EXPIRE_MS}ms store http_req_cnt,conn_cur peers workers

# who came to which sleeping deployment within a minute, and to how many different ones
backend comers
  stick-table type string len 150 size 100k expire 1m store http_req_cnt peers workers
backend wakers
  stick-table type ipv6 size 100k expire 2m store gpc0_rate(1m) peers workers

frontend edge
  bind ${config.BIND_ADDRESS}:${config.HTTP_PORT}

  # the host: one, of letters that hosts are made of; lower case, without port and the dot at the end
  acl host_once req.fhdr_cnt(host) eq 1
  acl host_well_formed req.fhdr(host) -m reg '^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*\\.?(:[0-9]{1,5})?$'
  ${respond(problemAnswer(failure('MALFORMED_REQUEST', { reason: 'it needs exactly one Host header, with a host name in it' })), 'unless host_once host_well_formed')}
  http-request set-var(txn.host) req.fhdr(host),lower,field(1,:),rtrim(.)

  # what only the edge may say
${['ce-', 'x-playground-', 'x-forwarded-'].map((prefix) => `  http-request del-header ${prefix} -m beg`).join('\n')}
${['forwarded', 'x-call-id', 'x-real-ip'].map((name) => `  http-request del-header ${name}`).join('\n')}
  http-request add-header X-Forwarded-For %[src]
  http-request add-header X-Forwarded-Proto ${config.PUBLIC_SCHEME}
  http-request add-header X-Forwarded-Host %[var(txn.host)]
  http-request add-header X-Forwarded-Port ${config.PUBLIC_PORT || config.HTTP_PORT}

  # a deployment: its entry, its claim, counted, then its slot. What else there is to decide is decided in the other backends.
  # Of a host that is not known there is no entry, and so nothing of what follows from it: to ask each time costs more
  http-request set-var(txn.entry) var(txn.host),map_str(${MAPS.hosts})
  acl known var(txn.entry) -m found
  http-request set-var(txn.claim) var(txn.entry),field(1,|)
  http-request track-sc0 var(txn.claim) table ${ACTIVITY_TABLE}
  http-request set-var(txn.slot) var(txn.claim),map_str(${MAPS.slots})
  http-request add-header ${ENTRY_HEADER} %[var(txn.entry)] if known
  # slots are to be trusted for as long as our process has its lease and says so, whatever became of it since
  http-request set-var(txn.until) str(${LEASE.until}),map_str_int(${LEASE.map})
  acl routed var(txn.slot) -m found
  acl leased date(0,ms),neg,add(txn.until) -m int 1:${LONGEST_LEASE_MS}
  acl robots path /robots.txt
  acl platform var(txn.host) -m str ${config.PLATFORM_HOST} 127.0.0.1
  use_backend direct if routed leased !robots
  use_backend gateway if platform
  default_backend waker

# Idle connections to slots are kept: the end of one would be bytes to read at a frozen slot, which wakes it.
# A slot that refuses: the request, whatever its method, goes to the waker (two names for it, else HAProxy waits a second)
backend direct
  balance roundrobin
  option redispatch 1
  http-request set-dst var(txn.slot),field(1,|)
  http-request set-dst-port var(txn.slot),field(2,|)
  http-request add-header ${CLAIM_HEADER} %[var(txn.slot),field(3,|)]
  use-server slot if TRUE
  # a route gone stale; HAProxy 2.6 cannot retry on 421 (RFC 9110, section 15.5.20), and nobody else is to answer for it
  ${respondInstead(problemAnswer(failure('BACKEND_UNAVAILABLE')), 'if { status 421 }')}
  server slot 0.0.0.0:0 weight 0 pool-purge-delay 24d
  server waker-a ${wakerOf(config)}
  server waker-b ${wakerOf(config)}

backend waker
  acl known var(txn.entry) -m found
  acl ready str(${READY_KEY}),map_str(${MAPS.hosts}) -m found
  ${respond(problemAnswer(failure('BACKEND_UNAVAILABLE')), 'if !known !ready')}
  ${bothWays(failure('HOST_UNKNOWN', { host: '%[var(txn.host)]' }), 'if !known')}
  http-request set-var(txn.name) var(txn.host),field(1,.)
  http-request set-var(txn.deployment) var(txn.entry),field(2,|)
  acl state_deleted var(txn.entry),field(3,|) -m str deleted
  acl state_stopped var(txn.entry),field(3,|) -m str stopped
  acl state_failed var(txn.entry),field(3,|) -m str failed
  http-request set-var(txn.reason) var(txn.deployment),map_str(${MAPS.reasons}),b64dec if state_stopped or state_failed
  ${bothWays(failure('DEPLOYMENT_DELETED', { name: '%[var(txn.name)]' }), 'if state_deleted')}
  ${bothWays(failure('DEPLOYMENT_STOPPED', { name: '%[var(txn.name)]', reason: '%[var(txn.reason)]' }), 'if state_stopped')}
  ${bothWays(failure('DEPLOYMENT_FAILED', { name: '%[var(txn.name)]', reason: '%[var(txn.reason)]' }), 'if state_failed')}
  ${robots('if { path /robots.txt }')}

  http-request set-var(txn.alive) str(${LEASE.alive}),map_str_int(${LEASE.map})
  acl has_spoken var(txn.alive) -m int gt 0
  acl silent date(0,ms),sub(txn.alive) -m int gt ${SILENT_MS}
  ${respond(problemAnswer(failure('BACKEND_UNAVAILABLE')), 'if has_spoken silent')}

  # a flood of sleepers' visitors ends here. What is limited sleeps by the maps, and these are to be trusted: none that runs is
  acl routed var(txn.slot) -m found
  acl leased date(0,ms),neg,add(txn.until) -m int 1:${LONGEST_LEASE_MS}
  http-request set-var(txn.sleeps) bool(true) if leased !routed
  acl sleeps var(txn.sleeps) -m bool
  acl crawler req.fhdr(user-agent) -m sub -i ${CRAWLERS.join(' ')}
  ${respond(problemAnswer(failure('CRAWLER_WAKES_NOBODY', { retryAfterSeconds: 3_600 })), 'if sleeps crawler')}
  http-request set-var(txn.comer) src,concat(/,txn.deployment) if sleeps
  http-request track-sc1 var(txn.comer) table comers if sleeps
  http-request track-sc2 src table wakers if sleeps
  http-request sc-inc-gpc0(2) if sleeps { sc1_http_req_cnt eq 1 }
  ${respond(problemAnswer(failure('WAKE_QUOTA_OF_ADDRESS', { limit: config.WAKES_PER_ADDRESS, retryAfterSeconds: 60 })), `if sleeps { sc2_gpc0_rate gt ${config.WAKES_PER_ADDRESS} }`)}

  http-reuse always # the waker closes no connection that is idle
  timeout server ${Math.max(300, config.WAKER_TIMEOUT_SECONDS + 60)}s
  server waker ${wakerOf(config)}

backend gateway
  # the platform: functions only; its REST API is for operators, at the gateway's own port
  acl dotted path -m reg -i '(^|/|%2f|%5c|\\\\)(\\.|%2e){1,2}($|/|%2f|%5c|\\\\)'
  ${respond(problemAnswer(failure('MALFORMED_REQUEST', { reason: 'its path has dots for segments' })), 'if dotted')}
  http-request replace-path ^(/api/docs|/api/events|/api/openapi\\.json|/api/asyncapi\\.json|/problems|/problems/.*)$ /function/docs\\1
  http-request replace-path ^/api/(.*)$ /function/\\1 if { path_beg /api/ }
  ${respond(frontPage, 'if { path / }')}
  ${bothWays(failure('NOT_FOUND', { path: 'this address' }), 'if !{ path_beg /function/ }')}
  timeout server ${config.FUNCTION_TIMEOUT_SECONDS + 10}s
  balance roundrobin
  option redispatch 1 # one that refuses a connection has seen nothing: another takes the request
${gatewayServers(config)}
`

/** An address is a server; a name is as many as it has addresses, asked for again and again, each looked at before it gets a request. */
function gatewayServers({ GATEWAY_ADDRESSES, BIND_ADDRESS, GATEWAY_PORT }: Config): string {
  const addresses = GATEWAY_ADDRESSES === '' ? [`${reachable(BIND_ADDRESS)}:${GATEWAY_PORT}`] : GATEWAY_ADDRESSES.split(',')
  const servers = addresses.map((address, index) => {
    const host = address.slice(0, address.lastIndexOf(':'))
    if (isIP(host) || host === 'localhost') return `  server gateway-${index + 1} ${address}`
    return `  server-template gateway-${index + 1}- ${MOST_OF_A_NAME} ${address} resolvers system init-addr none check inter 1s fall 2 rise 1`
  })
  return ['  option httpchk GET /healthz', ...servers].join('\n')
}

/** Header arguments of a `return` or `http-error` rule; the media type has a keyword of its own. */
function headersOf({ headers }: Answer): string {
  const others = Object.entries(headers).filter(([name]) => name !== 'Content-Type')
  return others.map(([name, value]) => ` hdr ${name} "${value}"`).join('')
}

/** Single quotes keep everything as it is but themselves; a percent sign begins an expression unless it is doubled. */
function quoted(body: string): string {
  return `'${body.replaceAll('\'', '\u2019').replaceAll(/%(?!\[)/g, '%%')}'`
}

function respond(answer: Answer, condition: string): string {
  return `http-request return status ${answer.status} content-type "${answer.headers['Content-Type']}" lf-string ${quoted(answer.body)}${headersOf(answer)} ${condition}`
}

/** The same in place of what a server answered. */
function respondInstead(answer: Answer, condition: string): string {
  return respond(answer, condition).replace('http-request', 'http-response')
}

/** For every deployment, asleep or not: they are for machines that were told of them. Crawlers that ask wake nobody. */
function robots(condition: string): string {
  return `http-request return status 200 content-type text/plain string "User-agent: *\\nDisallow: /\\n" ${condition}`
}

/** A page for whoever asks for one, else problem details. */
function bothWays(error: CatalogueError, condition: string): string {
  return `${respond(pageAnswer(error), `${condition} { req.hdr(accept) -m sub text/html }`)}\n  ${respond(problemAnswer(error), condition)}`
}

function httpError(answer: Answer): string {
  return `http-error status ${answer.status} content-type "${answer.headers['Content-Type']}" lf-string ${quoted(answer.body)}${headersOf(answer)}`
}
