import { failure } from '../../events/errors.ts'
import type { Log } from '../log.ts'
import type { FunctionSpec } from './function-spec.ts'
import type { FunctionHost } from './host.ts'
import type { SavedFunctions } from './saved-functions.ts'

export type Deployed = {
  readonly spec: FunctionSpec
  /** RFC 3339. */
  readonly createdAt: string
  /** From stack.yml: deployed anew at each start, so it is not saved. */
  readonly isOfStack: boolean
  /** Calls since this process started. */
  invocations: number
}

/** The functions there are. Changes are made one after the other, and are saved before they are seen. */
export type Registry = {
  find(name: string): Deployed | undefined
  list(): readonly Deployed[]
  /** @throws FUNCTION_EXISTS, IMAGE_NOT_HELD, FUNCTION_INVALID */
  deploy(spec: FunctionSpec): Promise<void>
  /** @throws FUNCTION_NOT_FOUND, IMAGE_NOT_HELD, FUNCTION_INVALID */
  update(spec: FunctionSpec): Promise<void>
  /** @throws FUNCTION_NOT_FOUND */
  remove(name: string): Promise<void>
}

export type RegistryOptions = {
  readonly host: FunctionHost
  readonly saved: SavedFunctions
  /** Functions of stack.yml; they win over a saved one of the same name. */
  readonly stack: readonly FunctionSpec[]
  /** Called after each change. */
  readonly changed: () => void
  readonly log: Log
}

/** @throws IMAGE_NOT_HELD, FUNCTION_INVALID for a function of the stack; a saved one that cannot start is reported and kept */
export const openRegistry = async ({ host, saved, stack, changed, log }: RegistryOptions): Promise<Registry> => {
  const functions = new Map<string, Deployed>()
  const add = (spec: FunctionSpec, createdAt: string, isOfStack: boolean, invocations = 0) => functions.set(spec.service, { spec, createdAt, isOfStack, invocations })

  const now = new Date().toISOString()
  for (const spec of stack) {
    await host.start(spec)
    add(spec, now, true)
  }
  for (const { spec, createdAt } of (await saved.load()).filter((entry) => !functions.has(entry.spec.service))) {
    await host.start(spec).catch((error: unknown) => log.error({ err: error, function: spec.service }, 'a function deployed earlier cannot start'))
    add(spec, createdAt, false)
  }

  const save = (next: Iterable<Deployed>) => saved.save([...next].filter(({ isOfStack }) => !isOfStack).map(({ spec, createdAt }) => ({ spec, createdAt })))

  const put = async (spec: FunctionSpec, before: Deployed | undefined): Promise<void> => {
    const deployed: Deployed = { spec, createdAt: before?.createdAt ?? new Date().toISOString(), isOfStack: before?.isOfStack ?? false, invocations: before?.invocations ?? 0 }
    await host.start(spec)
    try {
      await save(new Map(functions).set(spec.service, deployed).values())
    } catch (error) {
      await (before ? host.start(before.spec) : host.stop(spec.service))
      throw error
    }
    functions.set(spec.service, deployed)
    changed()
  }
  const inTurn = oneAfterTheOther()

  return {
    find: (name) => functions.get(name),
    list: () => [...functions.values()],
    deploy: (spec) => inTurn(async () => {
      if (functions.has(spec.service)) throw failure('FUNCTION_EXISTS', { name: spec.service })
      await put(spec, undefined)
    }),
    update: (spec) => inTurn(async () => {
      const before = functions.get(spec.service)
      if (!before) throw failure('FUNCTION_NOT_FOUND', { name: spec.service })
      await put(spec, before)
    }),
    remove: (name) => inTurn(async () => {
      if (!functions.has(name)) throw failure('FUNCTION_NOT_FOUND', { name })
      await save([...functions.values()].filter(({ spec }) => spec.service !== name))
      functions.delete(name)
      await host.stop(name)
      changed()
    }),
  }
}

const oneAfterTheOther = () => {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(step: () => Promise<T>): Promise<T> => {
    const done = last.then(step, step)
    last = done.catch(() => {}) // its caller hears of it
    return done
  }
}
