// `make corpus NAME=egress`: one corpus alone, counted in a line that begins with `corpus`. Without a name: the list.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { root } from './test-report.mjs';

/** name -> [what it shows, which test files, environment of the long run] */
const CORPORA = {
  egress: ['URLs that lead where no tenant may reach, and honest ones', 'conformance/egress/'],
  xml: ['hostile documents: verdict, time and memory of each', 'conformance/twiml/'],
  'sip-torture': ['the messages of RFC 4475 and RFC 5118', 'conformance/sip/rfc'],
  'sip-mutations': ['a million mutated SIP messages', 'conformance/sip/(mutations|pathological)', {
    HOLDFAST_SIP_MUTATIONS: '1000000',
  }],
  signatures: ['signed requests, and one-byte changes of them, at the official validator', 'unit/webhooks/signature'],
  injection: ["tenants' strings on their way into event-socket commands and SIP messages", 'conformance/injection/'],
};

const [name] = process.argv.slice(2);
const corpus = Object.hasOwn(CORPORA, name ?? '') ? CORPORA[name] : undefined;
if (corpus === undefined) {
  if (name) console.error(`there is no corpus ${name}`);
  for (const [each, [about]] of Object.entries(CORPORA)) console.log(`  make corpus NAME=${each.padEnd(14)} ${about}`);
  process.exit(name ? 1 : 0);
}
const [, files, environment] = corpus;
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const { status } = spawnSync(process.execPath, [jest, '--selectProjects=parallel', '--selectProjects=corpora', `--testPathPatterns=${files}`], {
  cwd: root, stdio: 'inherit', env: { ...environment, ...process.env },
});
process.exit(status ?? 1);
