import { coverageTable } from '../lib';
import { webhooksCoverage } from './webhooks-coverage';

/** `docs/webhooks.md`: what is asked of webhooks and whether it is done; a test compares the page and looks for its tests. */
export function webhooksReference(): string {
  return [
    '# Webhooks', '',
    'Generated from `src/webhooks/webhooks-coverage.ts` by `make docs`; do not edit by hand.', '',
    "What Twilio's documentation says of requests to an application, whether this gateway does it, and the test below",
    '`test/` that proves it. Numbers are sections of the contract that the tests are written against.', '',
    ...Object.entries(webhooksCoverage).flatMap(([heading, rows]) => [`## ${heading}`, '', ...coverageTable(rows), '']),
  ].join('\n');
}
