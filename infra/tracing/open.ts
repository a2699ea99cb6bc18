import type { Log } from '../log.ts'
import { sendSpansTo } from './span.ts'

/**
 * Exports this process's spans by OTLP over HTTP where `OTEL_EXPORTER_OTLP_ENDPOINT` (or the one of traces) is set; else nothing of
 * OpenTelemetry is loaded. The standard OTEL_* variables hold; see docs/decisions/0022.
 */
export const openTracing = async (part: string, instance: string, log: Log, environment: NodeJS.ProcessEnv = process.env): Promise<void> => {
  if (!isWanted(environment)) return
  const { exportedSpans } = await import('./export.ts')
  sendSpansTo(exportedSpans(part, instance, log, environment))
}

const isWanted = (environment: NodeJS.ProcessEnv): boolean =>
  Boolean(environment['OTEL_EXPORTER_OTLP_ENDPOINT'] || environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])
  && environment['OTEL_SDK_DISABLED']?.toLowerCase() !== 'true' && environment['OTEL_TRACES_EXPORTER'] !== 'none'
