import type { Contract } from '../functions/contract.ts'

/** A contract and where it is reached. */
export type Surface = {
  readonly contract: Contract
  /** Before each of its paths: `/api/deployments`. */
  readonly base: string
  /** Left out: the platform's own host. */
  readonly server?: { readonly url: string; readonly description: string }
}

/** `/api/deployments/{id}/start` of `POST /:id/start`: a path as OpenAPI writes it. */
export const pathOf = ({ base }: Pick<Surface, 'base'>, route: string): string =>
  `${base}${route.slice(route.indexOf(' ') + 1).replaceAll(/:(\w+)/g, '{$1}')}`.replace(/(.)\/$/, '$1')
