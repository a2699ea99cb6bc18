/**
 * Puts generated text between its markers, `<!-- generated:NAME -->` and `<!-- /generated:NAME -->`, each on a line of its own.
 * @throws Error when a marker is missing
 */
export const withGenerated = (document: string, name: string, text: string): string => {
  const [begin, end] = [`<!-- generated:${name} -->\n`, `<!-- /generated:${name} -->`]
  const from = document.indexOf(begin) + begin.length
  const to = document.indexOf(end, from)
  if (from < begin.length || to < 0) throw new Error(`${begin.trim()} ... ${end} is not there`)
  return `${document.slice(0, from)}${text}\n${document.slice(to)}`
}

/** A fenced block of Markdown. */
export const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``
