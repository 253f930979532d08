import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { limitsReference } from '../../src/capacity';
import { eventsReference } from '../../src/events';
import { errorsReference } from '../../src/lib';
import { configReference } from '../../src/platform/config';
import { metricsReference } from '../../src/platform/telemetry';
import { restReference } from '../../src/rest';
import { verbsReference } from '../../src/twiml';
import { webhooksReference } from '../../src/webhooks';

/** Pages that are generated from code: stale ones are mended by `make docs`. */
const PAGES: Readonly<Record<string, () => string>> = {
  'config.md': configReference,
  'errors.md': errorsReference,
  'events.md': eventsReference,
  'limits.md': limitsReference,
  'metrics.md': metricsReference,
  'rest.md': restReference,
  'verbs.md': verbsReference,
  'webhooks.md': webhooksReference,
};

describe('generated documentation', () => {
  it.each(Object.entries(PAGES))('docs/%s says what the code says (else: make docs)', (page, render) => {
    expect(readFileSync(join(__dirname, '..', '..', 'docs', page), 'utf8')).toBe(render());
  });
});
