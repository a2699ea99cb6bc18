import type { Metric, PartMetrics } from './port.ts'

/** All parts as one text in Prometheus' exposition format 0.0.4: each metric once, its series with the labels `part` and `instance`. */
export const renderMetrics = (parts: readonly PartMetrics[]): string => {
  const up: Metric = { name: 'playground_part_up', help: 'Parts of the playground that answered', type: 'gauge', values: [] }
  const metrics = new Map<string, Metric>([[up.name, up]])
  for (const { part, id, metrics: told } of parts) {
    const own = { part, instance: id }
    up.values.push({ value: 1, labels: own })
    for (const metric of told) {
      const all = metrics.get(metric.name) ?? { ...metric, values: [] }
      all.values.push(...metric.values.map((each) => ({ ...each, labels: { ...each.labels, ...own } })))
      metrics.set(metric.name, all)
    }
  }
  return [...metrics.values()].map(block).join('\n') + '\n'
}

const block = ({ name, help, type, values }: Metric): string =>
  [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`, ...values.map(({ metricName, labels, value }) => `${metricName ?? name}${labelled(labels)} ${shown(value)}`)].join('\n')

const labelled = (labels: Metric['values'][number]['labels']): string =>
  `{${Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value)).replaceAll('"', String.raw`\"`)}"`).join(',')}}`

const escaped = (text: string): string => text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`)

const shown = (value: number): string => (Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf')
