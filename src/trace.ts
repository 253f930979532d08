import { messageOf } from './lib';
import type { Fact } from './events';
import { processEnvironment } from './platform/config';

/** `make trace CALL=CA...`: asks a gateway for the timeline of one call and prints it, in ms since its first fact. */
async function main(): Promise<void> {
  const env = processEnvironment();
  const callSid = env['CALL'] ?? '';
  const host = env['HOLDFAST_HTTP_HOST'] || '127.0.0.1';
  const port = env['HOLDFAST_HTTP_PORT'] || '3000';
  const answer = await fetch(`http://${host}:${port}/calls/${encodeURIComponent(callSid)}/timeline`);
  if (!answer.ok) throw new Error(`the gateway answered ${answer.status}`);
  const facts = (await answer.json()) as Fact[];
  const [first] = facts;
  if (!first) throw new Error(`nothing is known of call ${callSid}: timelines are kept for a day`);
  for (const { type, at, accountSid: _a, applicationSid: _b, callSid: _c, sequence: _s, ...facts1 } of facts) {
    const words = Object.entries(facts1).map(([name, value]) => `${name}=${String(value)}`);
    process.stdout.write(`${String(at - first.at).padStart(9)} ms  ${type.padEnd(24)} ${words.join(' ')}\n`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`no timeline: ${messageOf(error)} (is \`make run\` running?)\n`);
  process.exitCode = 1;
});
