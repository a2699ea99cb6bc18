/** Every subject, stream and bucket of the platform in one place. Subjects of requests end in the node or edge asked. */
export const STREAM = { events: 'EVENTS', hits: 'HITS', timers: 'TIMERS', parked: 'PARKED', advisories: 'ADVISORIES', async: 'ASYNC', asyncParked: 'ASYNC_PARKED' } as const
export const BUCKET = { nodes: 'nodes', routes: 'routes', edges: 'edges', functions: 'functions', deliveries: 'deliveries', overflow: 'overflow', slots: 'slots', leases: 'leases' } as const

export const subject = {
  event: (category: string, id: string) => `events.${category}.${id}`,
  hit: (deploymentId: string) => `hits.${deploymentId}`,
  /** Where a schedule is kept: one per key, a newer one replaces it. */
  timerSchedule: (key: string) => `timers.schedule.${key}`,
  /** Where it is delivered when due: `timers.due.<key>`; keys are `idle.<claimId>`, `hibernate.<claimId>`, ... */
  timerDue: (key: string) => `timers.due.${key}`,
  /** One message each, for good. */
  parked: (group: string, category: string, id: string, letterId: string) => `parked.${group}.${category}.${id}.${letterId}`,

  /** Request/reply, JSON: see infra/agent/port.ts for the verbs and shapes. */
  agent: (node: string, verb: string) => `agent.${node}.${verb}`,
  /** Request/reply, JSON: see infra/edge/port.ts. */
  edge: (edge: string, verb: string) => `edge.${edge}.${verb}`,
  /** Plain message to all edges, JSON: see infra/edge/port.ts. */
  edgesAwake: 'edges.awake',
  /** Request/reply, JSON: see infra/credentials/port.ts. */
  mint: 'credentials.mint',
  identity: 'credentials.identity',
  secret: 'credentials.secret',
  /** Request/reply, JSON: see `Storage` in infra/credentials/port.ts. */
  fence: 'credentials.fence',
  erase: 'credentials.erase',
  redact: 'credentials.redact',
  sweep: 'credentials.sweep',
  /** Plain message without body: the functions of the gateway changed; the dispatcher lists them again. */
  functionsChanged: 'gateway.functions.changed',
  /** Calls that nobody waits for, their results on the way to a callback, and those of both that were given up: infra/gateway/async. */
  asyncCall: (namespace: string, name: string) => `async.call.${namespace}.${name}`,
  asyncResult: (namespace: string, name: string) => `async.result.${namespace}.${name}`,
  asyncParked: (what: 'call' | 'result', namespace: string, name: string) => `async-parked.${what}.${namespace}.${name}`,
} as const
