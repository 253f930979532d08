export type { ChildProgram } from './child-program';
export { LinePrinter } from './line-printer';
export { freePort, requirePort } from './ports';
export { Supervisor, type SupervisorOptions } from './supervisor';
