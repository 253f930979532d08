import { fileURLToPath } from 'node:url';
import { startProgram } from './program.mjs';

/** Callers and agents in a process of their own; `nice`, so that what is measured goes first. */
export const startFarEnds = () => startProgram('far ends',
  ['nice', '-n', '5', process.execPath, fileURLToPath(new URL('../../load/caller-process.mjs', import.meta.url))]);
