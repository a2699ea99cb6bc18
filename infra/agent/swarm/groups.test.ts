import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { groupFreezer } from './container-freezer.ts'
import { containerGroups } from './groups.ts'

const [ID, OTHER] = ['a'.repeat(64), 'b'.repeat(64)]
let root: string
beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'orp-groups-')) })
afterEach(() => rmSync(root, { recursive: true }))

const group = (folder: string, files: Readonly<Record<string, string>>): string => {
  const path = join(root, folder)
  mkdirSync(path, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}
const V1 = { 'freezer.state': 'THAWED\n' }
const V2 = { 'cgroup.freeze': '0\n', 'cgroup.events': 'populated 1\nfrozen 0\n' }

test.each<readonly [string, object, (id: string) => string, object]>([
  ['version 1, cgroupfs', { folder: 'freezer', files: { 'cgroup.procs': '' } }, (id) => `freezer/docker/${id}`, V1],
  ['version 1, systemd', { folder: 'freezer', files: { 'cgroup.procs': '' } }, (id) => `freezer/system.slice/docker-${id}.scope`, V1],
  ['version 2, cgroupfs', { folder: '.', files: { 'cgroup.controllers': 'cpu' } }, (id) => `docker/${id}`, V2],
  ['version 2, systemd', { folder: '.', files: { 'cgroup.controllers': 'cpu' } }, (id) => `system.slice/docker-${id}.scope`, V2],
  ['an engine in a container', { folder: '.', files: { 'cgroup.controllers': 'cpu' } }, (id) => `system.slice/docker-${OTHER}.scope/docker/${id}`, V2],
])('%s: the group of a container is found, and its neighbour\'s too', (_, mark, where, files) => {
  const { folder, files: marks } = mark as { readonly folder: string; readonly files: Readonly<Record<string, string>> }
  group(folder, marks)
  const [one, another] = [group(where(ID), files as Readonly<Record<string, string>>), group(where('c'.repeat(64)), files as Readonly<Record<string, string>>)]
  const find = containerGroups(root)
  expect(find(ID)?.folder).toBe(one)
  expect(find('c'.repeat(64))?.folder).toBe(another)
  expect(find('d'.repeat(64))).toBe(null)
})

test('without cgroups there is no group', () => expect(containerGroups(root)(ID)).toBe(null))

test('a freezer leaves what is frozen frozen, until it is told, and one that is gone is no trouble', () => {
  group('freezer', { 'cgroup.procs': '' })
  const folder = group(`freezer/docker/${ID}`, { 'freezer.state': 'FROZEN\n' })
  const found = containerGroups(root)(ID)
  if (!found) throw new Error('no group')
  const freezer = groupFreezer(found, { pid: 1 })
  expect(freezer.isFrozen()).toBe(true)
  freezer.thaw()
  expect(readFileSync(join(folder, 'freezer.state'), 'utf8')).toBe('THAWED')
  rmSync(folder, { recursive: true })
  freezer.thaw()
  expect(freezer.isFrozen()).toBe(false)
})
