import { factDescriptions } from './fact';

/** `docs/events.md`, generated from the vocabulary; a test compares the two. */
export function eventsReference(): string {
  const rows = Object.entries(factDescriptions).map(([type, what]) => `| \`${type}\` | ${what} |`);
  return [
    '# Events', '',
    'Generated from `src/events/fact.ts` by `make docs`; do not edit by hand.', '',
    'A fact is stated once, in the past tense, and carries `accountSid`, `applicationSid`, `callSid`, `at` (epoch ms) and',
    '`sequence` (counts from 1 within a call on one gateway). Metrics, logs and timelines (`make trace CALL=CA...`) listen.', '',
    '| fact | when |', '|---|---|', ...rows, '',
  ].join('\n');
}
