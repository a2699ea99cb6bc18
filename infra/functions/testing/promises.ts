import { z } from 'zod'
import { CATALOGUE, type ErrorCode } from '../../../events/errors.ts'
import { isJson } from '../json.ts'
import { ON_THE_WAY, problemsOf, type Contract } from '../contract.ts'

export type Answered = { readonly status: number; readonly headers: Readonly<Record<string, string | undefined>>; readonly text: string }

const problemSchema = z.strictObject({
  type: z.string(), title: z.string(), status: z.int(), detail: z.string(), code: z.enum(Object.keys(CATALOGUE) as [ErrorCode, ...ErrorCode[]]), field: z.string().optional(),
})

/** What an answer breaks of its function's contract, a sentence each; [] when it keeps it. `path`: after the function's own, without query. */
export const brokenPromises = (contract: Contract, method: string, path: string, { status, headers, text }: Answered): readonly string[] => {
  const about = `${method} /api/${contract.name}${path}: ${status}`
  const key = routeOf(contract, method, path)
  const route = key === undefined ? undefined : contract.routes[key]
  if (status >= 400) {
    const problem = problemSchema.safeParse(parsed(text))
    if (!problem.success) return method === 'HEAD' ? [] : [`${about} is no problem: ${z.prettifyError(problem.error)}`]
    const promised = key === undefined || !route ? ['UNAUTHENTICATED', 'INTERNAL'] : problemsOf(contract, key, route)
    const { code } = problem.data
    return [
      ...(promised.includes(code) || ON_THE_WAY.includes(code) ? [] : [`${about} ${code} is not declared`]),
      ...(CATALOGUE[code].status === status ? [] : [`${about} ${code} has another status`]),
    ]
  }
  const answer = route?.answers[status]
  if (!answer) return [`${about} is not declared`]
  const missing = (answer.headers ?? []).filter((name) => headers[name.toLowerCase()] === undefined).map((name) => `${about}: no ${name}`)
  const type = headers['content-type'] ?? ''
  const known = answer.mediaTypes ?? (answer.body ? ['application/json'] : [])
  if (method === 'HEAD' || status === 304) return missing
  if (text !== '' && !known.some((each) => type.startsWith(each))) return [...missing, `${about}: ${type} is not declared`]
  if (!answer.body || !isJson(type)) return missing
  const body = answer.body.safeParse(parsed(text))
  return body.success ? missing : [...missing, `${about} is not as declared: ${z.prettifyError(body.error)}`]
}

/** The first route that fits, as the router has it; HEAD is served by GET. */
const routeOf = ({ routes }: Contract, method: string, path: string): string | undefined =>
  Object.keys(routes).find((route) => {
    const [verb, pattern = ''] = route.split(' ')
    return verb === (method === 'HEAD' ? 'GET' : method) && new RegExp(`^${pattern.replace(/\/$/, '').replaceAll('.', String.raw`\.`).replaceAll(/:\w+/g, '[^/]+')}/?$`).test(path)
  })

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
