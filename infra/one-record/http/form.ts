import { expandedForm, flattenedForm } from '../json-ld/forms.ts'
import { parseJson, readJsonLd } from '../json-ld/reader.ts'
import type { Form } from './negotiate.ts'

/** What this server wrote is bounded where it was written. */
const OWN = { depth: 1_000, nodes: 1_000_000, contexts: 10, contextTerms: 100 }

/** A document that this server wrote compacted, in another form. */
export const inForm = (text: string, form: Form): Buffer => {
  if (form === 'compacted') return Buffer.from(text)
  const document = readJsonLd(parseJson(text), OWN)
  return Buffer.from(JSON.stringify(form === 'expanded' ? expandedForm(document) : flattenedForm(document.graph)))
}
