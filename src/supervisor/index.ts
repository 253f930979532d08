export type { ChildProgram } from './child-program';
export { LinePrinter } from './line-printer';
export { freePort, requirePort } from './ports';
export { RunFile } from './run-file';
export { Supervisor, type SupervisorOptions } from './supervisor';
