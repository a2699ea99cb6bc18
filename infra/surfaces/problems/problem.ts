import { CATALOGUE, failure, toProblem, type ErrorCode, type ErrorKind, type Problem } from '../../../events/errors.ts'
import { ON_THE_WAY } from '../../functions/contract.ts'
import type { OpenApi } from '../openapi/document.ts'
import { PROBLEM_TEXTS } from './texts.ts'

/** One type of problem, as its page tells of it. */
export type ProblemType = {
  readonly code: ErrorCode
  /** Path of its page: the `type` of its problem details. */
  readonly path: string
  readonly title: string
  readonly status: number
  readonly kind: ErrorKind
  readonly happened: string
  readonly remedy: string
  /** With sample details filled in. */
  readonly example: Problem
  /** Operations that give it, `POST /api/deployments`; none for what stands before or beside them. */
  readonly routes: readonly string[]
  /** Whether any route may give it, as it arises on the way there. */
  readonly anywhere: boolean
}

export const exampleOf = (code: ErrorCode): Problem => toProblem(failure(code, PROBLEM_TEXTS[code].sample))

/** Every type of the catalogue, in its order. */
export const problemTypes = ({ paths }: Pick<OpenApi, 'paths'>): readonly ProblemType[] =>
  (Object.keys(CATALOGUE) as ErrorCode[]).map((code) => {
    const example = exampleOf(code)
    const { happened, remedy } = PROBLEM_TEXTS[code]
    const { kind, status } = CATALOGUE[code]
    return { code, path: example.type, title: example.title, status, kind, happened, remedy, example, routes: routesWith(code, paths), anywhere: ON_THE_WAY.includes(code) }
  })

/** An answer with problems is told under the names of its codes. */
const routesWith = (code: ErrorCode, paths: OpenApi['paths']): readonly string[] =>
  Object.entries(paths).flatMap(([path, operations]) => Object.entries(operations)
    .filter(([, { responses }]) => Object.values(responses).some((response) => '$ref' in response && response.$ref.slice(response.$ref.lastIndexOf('/') + 1).split('.').includes(code)))
    .map(([method]) => `${method.toUpperCase()} ${path}`))

/** `/problems/name-taken` of `NAME_TAKEN`: as `toProblem` has it. */
export const problemPath = (code: string): string => `/problems/${code.toLowerCase().replaceAll('_', '-')}`
