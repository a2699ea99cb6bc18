import type { FunctionContext, FunctionEvent } from './openfaas.ts'

/** Answers `{"name": "..."}` with a greeting. */
export default async (event: FunctionEvent, context: FunctionContext) => {
  if (event.method !== 'POST') return context.status(405).headers({ allow: 'POST' }).succeed({ error: 'Send a POST.' })
  const name = (event.body as { readonly name?: unknown } | undefined)?.name
  if (typeof name !== 'string') return context.status(400).succeed({ error: 'Send JSON with a name: {"name": "Ada"}' })
  return context.status(200).succeed({ greeting: `Hello, ${name}.` })
}
