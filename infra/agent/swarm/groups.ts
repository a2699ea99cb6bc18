import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { groupsAt, type GroupFiles } from '../cgroup-freezer.ts'

/** A container's own cgroup, by which it is frozen. */
export type Group = { readonly folder: string; readonly files: GroupFiles }

/** Engines keep the groups of their containers no deeper below the root, engines within containers neither. */
const DEEPEST = 8

/**
 * Finds the groups of containers below a root (CGROUP_ROOT): those of the `cgroupfs` driver are called by the container's id, those of
 * the `systemd` driver `docker-<id>.scope`, and all lie side by side, wherever the engine keeps them. Null when there is none.
 */
export const containerGroups = (root: string): ((id: string) => Group | null) => {
  const parents = new Set<string>()
  return (id) => {
    const version = groupsAt(root)
    if (!version) return null
    const names = [id, `docker-${id}.scope`]
    const within = (parent: string) => names.map((name) => join(parent, name)).find((folder) => existsSync(join(folder, version.files.switch)))
    const known = [...parents].map(within).find((folder) => folder !== undefined)
    const folder = known ?? search(version.root, within)
    if (folder === undefined) return null
    parents.add(dirname(folder))
    return { folder, files: version.files }
  }
}

/** Breadth first: an engine's groups lie near the root. */
const search = (root: string, within: (parent: string) => string | undefined): string | undefined => {
  let level = [root]
  for (let depth = 0; depth < DEEPEST && level.length > 0; depth++) {
    for (const parent of level) {
      const found = within(parent)
      if (found !== undefined) return found
    }
    level = level.flatMap(children)
  }
  return undefined
}

const children = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name))
  } catch {
    return [] // it ended meanwhile
  }
}
