import type { LogLine } from '../../function-logs.ts'
import type { Frame } from './frames.ts'

const TASK_ID = 'com.docker.swarm.task.id='
/** Where the engine could not ask a node for its part. */
const ENGINE = 'docker'

/** `2026-03-02T09:00:00.123456789Z com.docker.swarm.task.id=abc,... text` -> the line that it is; `instance` is the task's id. Without a time it is of now. */
export const lineOf = ({ stream, text }: Frame, id: string, now: Date): LogLine => {
  const [, timestamp = now.toISOString(), rest = text] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) ([\s\S]*)$/.exec(text) ?? []
  const space = rest.indexOf(' ')
  const task = space === -1 ? undefined : rest.slice(0, space).split(',').find((detail) => detail.startsWith(TASK_ID))
  const dot = id.indexOf('.')
  return {
    name: id.slice(0, dot), namespace: id.slice(dot + 1), timestamp,
    instance: task === undefined || stream === 3 ? ENGINE : task.slice(TASK_ID.length),
    text: (task === undefined ? rest : rest.slice(space + 1)).trimEnd(),
  }
}
