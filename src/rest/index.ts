export type { RestPorts } from './resource';
export { openRestDoor, type RestDoor } from './rest-door';
export { restReference } from './rest-reference';
