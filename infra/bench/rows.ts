import { react } from '../dispatcher/react.bench.ts'
import { edge } from '../edge/edge.bench.ts'
import { append, load } from '../event-store/store.bench.ts'
import { project } from '../projector/project.bench.ts'
import { wakeAged } from './aged.bench.ts'
import { density } from './density.bench.ts'
import { recordBoot, recordCold, recordGet, recordPost } from './record.bench.ts'
import type { Bench } from './row.ts'
import { scale } from './scale.bench.ts'
import { deploy, wakeHibernated, wakePaused, wakeStorm } from './wake.bench.ts'

/** Every row there is, in the order they are run. */
export const BENCHES: readonly Bench[] = [wakePaused, wakeHibernated, wakeStorm, wakeAged, deploy, append, load, project, react, edge, scale, density, recordGet, recordPost, recordCold, recordBoot]
