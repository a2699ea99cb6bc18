import { STATUSES, TRANSITIONS } from '../../events/states.ts'
import { fenced, withGenerated } from './generated.ts'
import { stateDiagram } from './state-diagram.ts'

/** The README with everything in it that is made from code, made anew. @throws Error when a marker is missing */
export const generatedReadme = (readme: string): string => withGenerated(readme, 'states', fenced('mermaid', stateDiagram(STATUSES, TRANSITIONS)))
