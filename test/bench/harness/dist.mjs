import { createRequire } from 'node:module';

/** A compiled room of ours, as the gateway runs it. */
export const room = (name) => createRequire(import.meta.url)(`../../../dist/${name}/index.js`);
