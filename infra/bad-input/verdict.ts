import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { z } from 'zod'
import { CATALOGUE } from '../../events/errors.ts'
import type { Operation, Schema } from './document.ts'
import type { Planned } from './requests.ts'
import type { Answer, Sent } from './send.ts'

// ajv-formats is CommonJS: its default export is the module
const ajv = (addFormats as unknown as (of: Ajv2020) => Ajv2020)(new Ajv2020({ strict: false, validateFormats: true }))
const coercing = (addFormats as unknown as (of: Ajv2020) => Ajv2020)(new Ajv2020({ strict: false, coerceTypes: true }))

const problemSchema = z.strictObject({
  type: z.string().regex(/^\/problems\/[a-z-]+$/), title: z.string().min(1), status: z.int(), detail: z.string().min(1), code: z.enum(Object.keys(CATALOGUE)), field: z.string().optional(),
})
/** What only our own side may know. */
const INSIDE = /\bat [\w.<>]+ \(|node:internal|\/infra\/|\.ts:\d+|node_modules|postgres:\/\/|nats:\/\//

/** Everything about an answer that the document does not promise, or that nobody should see; [] when all is well. */
export const faultsOf = ({ operation, method, body, query }: Pick<Planned, 'operation' | 'method' | 'body' | 'query'>, sent: Sent, answer: Answer, secrets: readonly string[]): readonly string[] => {
  const { status, text } = answer
  const [type = ''] = String(answer.headers['content-type'] ?? '').split(';')
  const faults: string[] = []
  if (status >= 500) faults.push(`${status}: ${text.slice(0, 300)}`)
  if (INSIDE.test(text) || secrets.some((secret) => text.includes(secret))) faults.push(`it tells what is inside: ${text.slice(0, 300)}`)
  if (Object.keys(answer.headers).some((name) => name === 'x-injected')) faults.push('a header was injected')
  if (method === 'HEAD' || status === 304) return text === '' ? faults : [...faults, `a body where there is none: ${text.slice(0, 100)}`]
  if (status >= 400) faults.push(...faultsOfProblem(status, type, text))
  if (method === operation.method) faults.push(...faultsByDocument(operation, status, type, text))
  if (status >= 200 && status < 300 && method === operation.method) faults.push(...wronglyTaken(operation, sent, body?.headers['content-type'], query))
  return faults
}

/** Problem details (RFC 9457) of the catalogue. */
export const faultsOfProblem = (status: number, type: string, text: string): readonly string[] => {
  if (type !== 'application/problem+json') return [`a refusal of type ${type || '(none)'}: ${text.slice(0, 200)}`]
  const problem = problemSchema.safeParse(json(text))
  if (!problem.success) return [`no problem details: ${z.prettifyError(problem.error)}: ${text.slice(0, 200)}`]
  const { code } = problem.data
  if (problem.data.status !== status || CATALOGUE[code as keyof typeof CATALOGUE].status !== status) return [`${code} with status ${status}, which says ${problem.data.status}`]
  return /\{\w+\}|\(\w+\)\.?$/.test(problem.data.detail) && /\((?:reason|field|known|limit|given|id|name)\)/.test(problem.data.detail) ? [`a detail with a gap: ${problem.data.detail}`] : []
}

const faultsByDocument = ({ answers }: Operation, status: number, type: string, text: string): readonly string[] => {
  // what never came as far as the operation is refused as the document's default has it, with whatever status
  const declared = answers[status] && (status < 400 || faultsBy(answers[status], status, type, text).length === 0) ? answers[status] : (answers['default'] ?? answers[status])
  return declared ? faultsBy(declared, status, type, text) : [`status ${status} is not in the document: ${text.slice(0, 200)}`]
}

const faultsBy = (declared: Operation['answers'][string], status: number, type: string, text: string): readonly string[] => {
  if (Object.keys(declared).length === 0) return text === '' ? [] : [`${status} has a body that is not in the document`]
  if (!Object.hasOwn(declared, type)) return [`${status} of type ${type || '(none)'}; the document has ${Object.keys(declared).join(', ')}`]
  const schema = declared[type]
  if (!schema || !type.endsWith('json')) return []
  const parsed = json(text)
  return valid(schema, parsed) ? [] : [`${status} is not as the document has it: ${ajv.errorsText(validatorOf(schema).errors)}: ${text.slice(0, 300)}`]
}

/** What the document refuses and was taken all the same. */
const wronglyTaken = ({ body, parameters }: Operation, sent: Sent, contentType: string | undefined, query: string): readonly string[] => {
  const faults: string[] = []
  if (body && sent.body && sent.body.length > 0) {
    if (!/^application\/(?:[^;\s]+\+)?json\s*(?:;|$)/i.test(contentType ?? '')) faults.push(`it took a body of type ${contentType ?? '(none)'}`)
    else if (!valid(body, json(Buffer.from(sent.body).toString('utf8')))) faults.push(`it took a body that the document refuses: ${ajv.errorsText(validatorOf(body).errors)}: ${Buffer.from(sent.body).toString('utf8').slice(0, 300)}`)
  }
  const declared = new Map(parameters.filter((each) => each.in === 'query').map((each) => [each.name, each.schema]))
  for (const name of new URLSearchParams(query).keys()) {
    if (!declared.has(name)) faults.push(`it took the unknown parameter ${JSON.stringify(name)}`)
  }
  const last = Object.fromEntries(new URLSearchParams(query))
  for (const [name, schema] of declared) {
    if (Object.hasOwn(last, name) && !coercing.validate({ type: 'object', properties: { value: schema } }, { value: last[name] })) faults.push(`it took ${name}=${JSON.stringify(last[name])}: ${coercing.errorsText()}`)
  }
  return faults
}

const validators = new WeakMap<Schema, ReturnType<Ajv2020['compile']>>()
const validatorOf = (schema: Schema): ReturnType<Ajv2020['compile']> => {
  const known = validators.get(schema) ?? ajv.compile(schema)
  validators.set(schema, known)
  return known
}
const valid = (schema: Schema, value: unknown): boolean => validatorOf(schema)(value) === true

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
