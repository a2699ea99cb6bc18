import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { certificatesOf } from './engine.ts'
import type { Bed } from './state.ts'

/** Where engines of this machine that are not a bed's look for whom to trust. */
const MACHINE = '/etc/docker/certs.d'
/** Beside a certificate there: whose it is. Engines read names that end in crt, cert and key. */
const OWNER = 'testbed'

/** Engines of the bed, and any other of this machine, then check the registry's certificate by themselves. */
export const trust = (bed: string, { address, ca }: Bed['registry'], engines: readonly string[]): void => {
  for (const folder of [MACHINE, ...engines.map((name) => certificatesOf(bed, name))]) {
    mkdirSync(join(folder, address), { recursive: true })
    copyFileSync(ca, join(folder, address, 'ca.crt'))
  }
  writeFileSync(join(MACHINE, address, OWNER), bed)
}

/** The registries of a bed that this machine trusts. */
export const trusted = (bed: string): readonly string[] =>
  existsSync(MACHINE) ? readdirSync(MACHINE).filter((address) => existsSync(join(MACHINE, address, OWNER)) && readFileSync(join(MACHINE, address, OWNER), 'utf8') === bed) : []

export const distrust = (bed: string): void => {
  for (const address of trusted(bed)) rmSync(join(MACHINE, address), { recursive: true })
  if (existsSync(MACHINE) && readdirSync(MACHINE).length === 0) rmdirSync(MACHINE)
}
