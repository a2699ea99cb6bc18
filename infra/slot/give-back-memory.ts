type Collect = (options: { readonly type: 'major'; readonly execution: 'sync'; readonly flavor: 'last-resort' }) => void

/**
 * Gives back what this process does not need while it rests: a frozen slot keeps its memory for as long as it sleeps. An ordinary
 * collection keeps pages for allocations to come; V8's last resort gives those back too. Takes milliseconds, and needs --expose-gc.
 */
export const giveBackMemory = (): void => (globalThis.gc as Collect | undefined)?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
