import { alerts } from './alerts';
import { recordings } from './recordings';
import type { Resource } from './resource';

/** Everything that is served. */
export const resources: readonly Resource[] = [alerts, recordings];
