export type { ChildProgram } from './child-program';
export { freePort, requirePort } from './ports';
export { Supervisor, type SupervisorOptions } from './supervisor';
