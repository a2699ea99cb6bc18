/** One file that breaks one rule: where it would lie in the project, what stands in it, and files it needs beside. */
export type Violation = { readonly rule: string; readonly path: string; readonly code: string; readonly beside?: Readonly<Record<string, string>> }

const lines = (count: number): string => Array.from({ length: count }, (_, n) => `export const value${n} = ${n}`).join('\n')
const RESTRICTED = 'eslint(no-restricted-imports)'
const imports = (path: string, target: string): Violation => ({ rule: RESTRICTED, path, code: `export { thing } from '${target}'` })
const CALL = 'declare const given: any\n' // itself a violation, of another rule

/** One violation of each rule that `.oxlintrc.json` turns on, and of each direction of imports. */
export const VIOLATIONS: readonly Violation[] = [
  { rule: 'typescript(no-floating-promises)', path: 'infra/a/floating.ts', code: 'const later = async (): Promise<void> => {}\nexport const now = (): void => { later() }' },
  { rule: 'typescript(no-misused-promises)', path: 'infra/a/misused.ts', code: 'const later = async (): Promise<boolean> => true\nexport const now = (): number => { if (later()) return 1; return 2 }' },
  { rule: 'typescript(await-thenable)', path: 'infra/a/thenable.ts', code: 'export const now = async (): Promise<number> => await 1' },
  { rule: 'typescript(only-throw-error)', path: 'infra/a/throws.ts', code: 'export const fail = (): never => { throw \'text\' }' },
  { rule: 'promise(no-multiple-resolved)', path: 'infra/a/twice.ts', code: 'export const twice = new Promise<void>((resolve, reject) => { resolve(); reject(new Error()) })' },
  { rule: 'typescript(no-explicit-any)', path: 'infra/a/as-any.ts', code: 'export const value = (1 as any)' },
  { rule: 'typescript(no-unsafe-assignment)', path: 'infra/a/assignment.ts', code: `${CALL}export const text: string = given` },
  { rule: 'typescript(no-unsafe-argument)', path: 'infra/a/argument.ts', code: `${CALL}export const length = Number.isInteger(Number.parseInt(given, 10))` },
  { rule: 'typescript(no-unsafe-call)', path: 'infra/a/call.ts', code: `${CALL}export const called = (): void => { given() }` },
  { rule: 'typescript(no-unsafe-member-access)', path: 'infra/a/member.ts', code: `${CALL}export const member = (): void => { given.text = 1 }` },
  { rule: 'typescript(no-unsafe-return)', path: 'infra/a/return.ts', code: `${CALL}export const returned = (): string => given` },
  { rule: 'typescript(no-non-null-assertion)', path: 'infra/a/non-null.ts', code: 'export const length = (text?: string): number => text!.length' },
  { rule: 'typescript(ban-ts-comment)', path: 'infra/a/comment.ts', code: '// @ts-ignore\nexport const number: number = 1' },
  { rule: 'typescript(switch-exhaustiveness-check)', path: 'events/switch.ts', code: 'export const of = (kind: \'a\' | \'b\'): void => { switch (kind) { case \'a\': return } }' },
  { rule: 'eslint(no-unused-vars)', path: 'infra/a/unused.ts', code: 'import { join } from \'node:path\'\nexport const value = 1' },
  { rule: 'eslint(no-empty)', path: 'infra/a/swallows.ts', code: 'export const swallow = (work: () => void): void => { try { work() } catch {} }' },
  { rule: 'eslint(no-warning-comments)', path: 'infra/a/stale.ts', code: '// TODO later\nexport const value = 1' },
  { rule: 'eslint(no-console)', path: 'infra/a/console.ts', code: 'export const say = (): void => console.log(1)' },
  { rule: 'eslint(no-var)', path: 'infra/a/var.ts', code: 'export var value = 1' },
  { rule: 'eslint(prefer-const)', path: 'infra/a/let.ts', code: 'let value = 1\nexport const other = value' },
  { rule: 'eslint(eqeqeq)', path: 'infra/a/equals.ts', code: 'export const same = (a: string, b: string): boolean => a == b' },
  { rule: 'eslint(max-lines)', path: 'infra/a/long.ts', code: lines(251) },
  { rule: 'eslint(max-lines)', path: 'infra/a/long.test.ts', code: lines(401) },
  { rule: 'typescript(consistent-type-imports)', path: 'infra/a/types.ts', code: 'import { Server } from \'node:net\'\nexport const close = (server: Server): unknown => server.close()' },
  {
    rule: 'import(no-cycle)', path: 'infra/a/chicken.ts', code: 'import { egg } from \'./egg.ts\'\nexport const chicken = (): unknown => egg',
    beside: { 'infra/a/egg.ts': 'import { chicken } from \'./chicken.ts\'\nexport const egg = (): unknown => chicken' },
  },
  { rule: 'import(no-default-export)', path: 'infra/a/default.ts', code: 'export default 1' },
  { rule: 'unicorn(prefer-node-protocol)', path: 'infra/a/protocol.ts', code: 'export { join } from \'path\'' },
  { rule: 'vitest(no-focused-tests)', path: 'infra/a/focused.test.ts', code: 'import { expect, it } from \'vitest\'\nit.only(\'works\', () => expect(1).toBe(1))' },
  { rule: 'vitest(no-disabled-tests)', path: 'infra/a/disabled.test.ts', code: 'import { expect, it } from \'vitest\'\nit.skip(\'works\', () => expect(1).toBe(1))' },
  { rule: 'vitest(expect-expect)', path: 'infra/a/asserts-nothing.test.ts', code: 'import { it } from \'vitest\'\nit(\'works\', () => {})' },
  { rule: 'vitest(valid-expect)', path: 'infra/a/no-matcher.test.ts', code: 'import { expect, it } from \'vitest\'\nit(\'works\', () => { expect(1) })' },

  imports('events/package.ts', 'kysely'),
  imports('events/io.ts', 'node:fs'),
  imports('events/deployment/infra.ts', '../../infra/ids.ts'),
  imports('events/projections.ts', '../projections/index.ts'),
  imports('events/functions.ts', '../functions/idle/handler.ts'),
  imports('projections/a/package.ts', 'pg'),
  imports('projections/a/function.ts', '../../functions/idle/handler.ts'),
  imports('projections/a/infra.ts', '../../infra/postgres/connect.ts'),
  imports('functions/a/package.ts', '@nats-io/transport-node'),
  imports('functions/a/other.ts', '../idle/handler.ts'),
  imports('functions/a/table.ts', '../../projections/deployments/table.ts'),
  imports('functions/a/adapter.ts', '../../infra/nats/connect.ts'),
  imports('infra/function.ts', '../functions/idle/handler.ts'),
  imports('infra/a/function.ts', '../../functions/idle/handler.ts'),
  imports('infra/a/projection.ts', '../../projections/deployments/queries.ts'),
  imports('infra/a/b/function.ts', '../../../functions/idle/handler.ts'),
  imports('infra/a/b/c/function.ts', '../../../../functions/idle/handler.ts'),
]

/** Imports that are as they should be: none of these may be reported. */
export const ALLOWED: readonly Omit<Violation, 'rule'>[] = [
  imports('events/zod.ts', 'zod'),
  imports('events/deployment/own.ts', '../envelope.ts'),
  imports('projections/a/kysely.ts', 'kysely'),
  imports('projections/a/events.ts', '../../events/envelope.ts'),
  imports('projections/a/projection.ts', '../../infra/projector/projection.ts'),
  imports('functions/a/port.ts', '../../infra/timers/port.ts'),
  imports('functions/a/platform.ts', '../../infra/platform/port.ts'),
  imports('functions/a/queries.ts', '../../projections/deployments/queries.ts'),
  imports('infra/a/events.ts', '../../events/envelope.ts'),
  imports('infra/a/infra-functions.ts', '../functions/handler.ts'),
  imports('infra/a/b/infra-functions.ts', '../../functions/handler.ts'),
  imports('infra/a/main.ts', '../../projections/index.ts'),
  imports('infra/a/a.test.ts', '../../projections/index.ts'),
]
