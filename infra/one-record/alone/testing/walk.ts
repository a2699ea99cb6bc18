/** What stands between `<!-- NAME -->` and `<!-- /NAME -->` in shell blocks of a document, in order. @throws Error when there is nothing */
const blocks = (document: string, name: string): readonly string[] => {
  const found = [...document.matchAll(new RegExp(`<!-- ${name} -->\\s*\`\`\`sh\\n(.*?)\`\`\`\\s*<!-- /${name} -->`, 'gs'))].map(([, commands = '']) => commands)
  if (found.length === 0) throw new Error(`there is nothing between <!-- ${name} --> and <!-- /${name} -->`)
  return found
}

/** The walk of docs/one-record.md: the arguments of each server it needs, and its commands as one script. */
export const walkOf = (document: string): { readonly servers: readonly (readonly string[])[]; readonly script: string } => ({
  servers: blocks(document, 'servers').flatMap((block) => block.trim().split('\n')).map((line) => line.replace(/^npm run one-record -- /, '').split(' ')),
  script: blocks(document, 'walk').join('\n'),
})
