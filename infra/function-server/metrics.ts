/** What a function's server counts, in the names that OpenFaaS's watchdog gives them. */
export type Metrics = {
  began(): void
  ended(method: string, status: number, seconds: number): void
  fault(kind: 'unhandled_rejection' | 'uncaught_exception'): void
  /** Calls that began, ever. */
  calls(): number
  inFlight(): number
  /** In Prometheus' text format. */
  text(): string
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** Any other method counts as `other`: whoever calls does not decide how many series there are. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

type Series = { count: number; sum: number; readonly buckets: number[] }

/** Written without a library: this is bundled into every function. */
export const openMetrics = (): Metrics => {
  const series = new Map<string, Series>()
  const faults = { unhandled_rejection: 0, uncaught_exception: 0 }
  let [calls, inFlight] = [0, 0]
  return {
    began: () => {
      calls += 1
      inFlight += 1
    },
    ended: (method, status, seconds) => {
      inFlight -= 1
      const labels = `code="${status}",method="${METHODS.has(method) ? method : 'other'}"`
      const known = series.get(labels) ?? { count: 0, sum: 0, buckets: SECONDS.map(() => 0) }
      series.set(labels, known)
      known.count += 1
      known.sum += seconds
      SECONDS.forEach((bound, at) => {
        if (seconds <= bound) known.buckets[at] = (known.buckets[at] ?? 0) + 1
      })
    },
    fault: (kind) => void (faults[kind] += 1),
    calls: () => calls,
    inFlight: () => inFlight,
    text: () => [
      metric('http_requests_total', 'counter', 'Calls of the function that were answered, or given up by the caller (499).', [...series].map(([labels, { count }]) => [labels, count])),
      histogram(series),
      metric('http_requests_in_flight', 'gauge', 'Calls of the function under way.', [['', inFlight]]),
      metric('function_faults_total', 'counter', 'Errors that no call took: rejections nobody handled, exceptions nobody caught.', Object.entries(faults).map(([kind, count]) => [`kind="${kind}"`, count])),
      ...ofProcess(),
    ].join(''),
  }
}

type Row = readonly [labels: string, value: number]

const metric = (name: string, type: 'counter' | 'gauge', help: string, rows: readonly Row[]): string => `${head(name, type, help)}${rows.map((row) => line(name, row)).join('')}`

const head = (name: string, type: string, help: string): string => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
const line = (name: string, [labels, value]: Row): string => `${name}${labels ? `{${labels}}` : ''} ${value}\n`

const histogram = (series: ReadonlyMap<string, Series>): string => {
  const name = 'http_request_duration_seconds'
  const rows = [...series].map(([labels, { count, sum, buckets }]) => [
    ...SECONDS.map((bound, at) => line(`${name}_bucket`, [`${labels},le="${bound}"`, buckets[at] ?? 0])),
    line(`${name}_bucket`, [`${labels},le="+Inf"`, count]), line(`${name}_sum`, [labels, sum]), line(`${name}_count`, [labels, count]),
  ].join(''))
  return `${head(name, 'histogram', 'Time of a call, its body and the whole of its answer included.')}${rows.join('')}`
}

/** The process, in the names that every exporter gives them. */
const ofProcess = (): readonly string[] => {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return [
    metric('process_cpu_seconds_total', 'counter', 'Total user and system CPU time spent in seconds.', [['', (user + system) / 1e6]]),
    metric('process_resident_memory_bytes', 'gauge', 'Resident memory size in bytes.', [['', rss]]),
    metric('process_start_time_seconds', 'gauge', 'Start time of the process since unix epoch in seconds.', [['', Math.round(Date.now() / 1e3 - process.uptime())]]),
    metric('nodejs_heap_size_used_bytes', 'gauge', 'Process heap size used from Node.js in bytes.', [['', heapUsed]]),
    metric('nodejs_eventloop_active_seconds_total', 'counter', 'Time in which the event loop was not idle.', [['', performance.eventLoopUtilization().active / 1e3]]),
  ]
}
