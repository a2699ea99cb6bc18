import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { counter, counterOfOthers, gauge, shared } from '../metrics/registry.ts'

/** Visitors whom the waker sent away, by the code of the problem they got. */
export const refusals = counter('playground_waker_refusals_total', 'Requests the waker refused', 'code')
export const wakes = counter('playground_waker_wakes_total', 'Wakes that the waker asked for; however many wait for a deployment, they are one')

export type EdgeFigures = {
  readonly waiting: () => number
  readonly isLeased: () => boolean
  /** Runtime socket of HAProxy. */
  readonly socketPath: string
}

/** The other ones in haproxy-config.ts only count. */
const PROXIES: ReadonlySet<string> = new Set(['edge', 'direct', 'waker', 'gateway'])
/** Longest wait for HAProxy, milliseconds. */
const HAPROXY_MS = 500

/** What of the edge and its HAProxy is read when it is asked for. */
export const measureEdge = ({ waiting, isLeased, socketPath }: EdgeFigures): void => {
  gauge('playground_waker_waiting', 'Requests that wait for a deployment to wake', [], (own) => own.set(waiting()))
  gauge('playground_edge_lease_held', 'Whether the edge may route to slots: 1, or 0', [], (own) => own.set(isLeased() ? 1 : 0))
  const rows = shared(() => haproxyStats(socketPath).then(readStats, () => [])) // away: nothing to tell
  counterOfOthers('playground_haproxy_responses_total', 'Responses of HAProxy since it began, by class of status', ['proxy', 'code'], async (set) => {
    for (const { proxy, codes } of await rows()) for (const [code, value] of Object.entries(codes)) set({ proxy, code }, value)
  })
  counterOfOthers('playground_haproxy_denied_total', 'Requests HAProxy denied since it began', ['proxy'], async (set) => {
    for (const { proxy, denied } of await rows()) set({ proxy }, denied)
  })
  gauge('playground_haproxy_sessions', 'Sessions HAProxy has now', ['proxy'], async (own) => {
    const all = await rows()
    own.reset()
    for (const { proxy, sessions } of all) own.set({ proxy }, sessions)
  })
}

export type ProxyRow = { readonly proxy: string; readonly sessions: number; readonly denied: number; readonly codes: Readonly<Record<string, number>> }

/** `show stat` of HAProxy's runtime API (management guide, section 9.1): CSV, one line each; frontends and backends as wholes. */
export const readStats = (csv: string): readonly ProxyRow[] => {
  const [head = '', ...lines] = csv.trim().split('\n')
  const names = head.replace(/^# /, '').split(',')
  return lines.map((line) => line.split(',')).flatMap((cells): readonly ProxyRow[] => {
    const of = (name: string): string => cells[names.indexOf(name)] ?? ''
    if (!PROXIES.has(of('pxname')) || (of('svname') !== 'FRONTEND' && of('svname') !== 'BACKEND')) return []
    const classes = ['1xx', '2xx', '3xx', '4xx', '5xx'].filter((code) => of(`hrsp_${code}`) !== '')
    return [{ proxy: of('pxname'), sessions: Number(of('scur')), denied: Number(of('dreq')), codes: Object.fromEntries(classes.map((code) => [code, Number(of(`hrsp_${code}`))])) }]
  })
}

const haproxyStats = (path: string): Promise<string> => {
  const socket = connect(path)
  socket.setTimeout(HAPROXY_MS, () => socket.destroy(new Error('HAProxy does not answer')))
  socket.write('show stat\n') // closes once it has answered
  return text(socket)
}
