import { notFound } from '../http/api-error.ts'
import type { Access } from './port.ts'

/** Access in open mode: whoever asks is the holder (docs/decisions/0027). */
export const openAccess: Access = { may: async () => true, check: async () => {}, refusal: notFound, holderOnly: () => {} }
