import { z } from 'zod'
import { failure } from '../../../events/errors.ts'
import { withBody } from '../../functions/router.ts'
import { namespaceSchema, type FunctionSpec } from '../function-spec.ts'
import { minReplicas, type Deployed, type Registry } from '../registry.ts'
import { ACCEPTED, MAX_REPLICAS } from './functions.ts'

/** The webhook of Prometheus Alertmanager (version 4), as far as it is read; what else is in it is none of ours. */
export const alertSchema = z.object({
  alerts: z.array(z.object({
    status: z.enum(['firing', 'resolved']),
    labels: z.looseObject({ function_name: z.string().min(1).max(130) }),
  })).max(1_000),
})

/** Labels and their defaults as the classic gateway has them; the factor is the part of the most that an alert adds, per cent. */
const MAX_LABEL = 'com.openfaas.scale.max'
const FACTOR_LABEL = 'com.openfaas.scale.factor'
const DEFAULTS = { max: 20, factor: 20 } as const

/** `POST /system/alert`: a firing alert adds replicas, one that is resolved takes them back to the least. All that can be are scaled. */
export const alertRoutes = (registry: Registry) => ({
  'POST /system/alert': withBody(alertSchema, async ({ body }) => {
    const unknown: string[] = []
    for (const { status, labels: { function_name: given } } of body.alerts) {
      const [name = '', ...rest] = given.split('.')
      const namespace = namespaceSchema.safeParse(rest.join('.')).data
      const found = namespace === undefined ? undefined : registry.find(name, namespace)
      if (!found) unknown.push(given)
      else await registry.scale(name, found.spec.namespace, status === 'firing' ? more(found) : minReplicas(found.spec))
    }
    if (unknown[0] !== undefined) throw failure('FUNCTION_NOT_FOUND', { name: unknown.join(', ') })
    return ACCEPTED
  }),
})

const more = ({ spec, replicas }: Deployed): number => {
  const max = labelled(spec, MAX_LABEL, DEFAULTS.max)
  return Math.min(max, replicas + Math.ceil((max * labelled(spec, FACTOR_LABEL, DEFAULTS.factor)) / 100))
}

const labelled = ({ labels }: FunctionSpec, label: string, otherwise: number): number => {
  const value = Number(labels[label] ?? otherwise)
  return Number.isInteger(value) && value >= 0 && value <= MAX_REPLICAS ? value : otherwise
}
