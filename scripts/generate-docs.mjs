// Writes the pages of docs/ that are generated from code. Run by `make docs`, after a build.
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const load = createRequire(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));

/** page -> [room in dist, name of the exported function that renders the page] */
const PAGES = {
  'config.md': ['platform/config', 'configReference'],
  'errors.md': ['lib', 'errorsReference'],
  'events.md': ['events', 'eventsReference'],
  'limits.md': ['capacity', 'limitsReference'],
  'metrics.md': ['platform/telemetry', 'metricsReference'],
  'rest.md': ['rest', 'restReference'],
  'verbs.md': ['twiml', 'verbsReference'],
  'webhooks.md': ['webhooks', 'webhooksReference'],
};

for (const [page, [room, render]] of Object.entries(PAGES)) {
  if (!existsSync(`${root}dist/${room}/index.js`)) throw new Error(`dist/${room} is missing: run make build first`);
  writeFileSync(`${root}docs/${page}`, load(`${root}dist/${room}/index.js`)[render]());
  console.log(`docs/${page}`);
}
