import type { ErrorCode, Problem } from '../../events/errors.ts'

/** The API said no, with problem details (RFC 9457). */
export class PlaygroundProblem extends Error {
  override readonly name = 'PlaygroundProblem'
  readonly problem: Problem
  /** Under which the logs have the call. */
  readonly callId: string | undefined

  constructor(about: string, problem: Problem, callId: string | undefined) {
    super(`${about}: ${problem.status} ${problem.code}: ${problem.detail}`)
    this.problem = problem
    this.callId = callId
  }
  get code(): ErrorCode {
    return this.problem.code
  }
}

/** `isProblem(error, 'NAME_TAKEN')`: whether it is one of these codes; any, when none is named. */
export const isProblem = (error: unknown, ...codes: readonly ErrorCode[]): error is PlaygroundProblem =>
  error instanceof PlaygroundProblem && (codes.length === 0 || codes.includes(error.code))

/** Problem details in an answer, undefined where there are none. */
export const problemIn = (contentType: string | undefined, text: string): Problem | undefined =>
  /^application\/problem\+json\b/i.test(contentType ?? '') ? (JSON.parse(text) as Problem) : undefined
