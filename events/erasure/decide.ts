import type { ErasureEvent } from './events.ts'

/** What has been told of one erasure so far, oldest first. */
type History = readonly Pick<ErasureEvent, 'type'>[]
type Of = { readonly deploymentId: string; readonly erasureId: string; readonly at: string }

/** Said with every status of the slot, told once. */
export const requestErasure = (of: Of & { readonly object: string; readonly commit: number }, history: History): ErasureEvent[] =>
  history.length === 0 ? [{ type: 'ErasureRequested', data: of }] : []

export const completeErasure = (of: Of & { readonly commits: number; readonly objects: number }, history: History): ErasureEvent[] =>
  history.length > 0 && !isCompleted(history) ? [{ type: 'ErasureCompleted', data: of }] : []

export const isCompleted = (history: History): boolean => history.some(({ type }) => type === 'ErasureCompleted')
