import { ApiError, TITLES } from '../http/api-error.ts'

/**
 * JSON-LD that the own reader does not read. Whoever can wait has it expanded by a complete processor (read.ts); for anybody else
 * it is refused, with 400.
 */
export class NotReadError extends ApiError {
  constructor(what: string) {
    super(400, TITLES.body, `${what} is not supported here.`)
  }
}
