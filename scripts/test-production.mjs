// `make test-production`: the contract suites and the gateway's journeys against a running drachtio-server and
// FreeSWITCH, nothing embedded, one test at a time. The last line printed is `N passed, N failed, N skipped`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, TestReport } from './test-report.mjs';

const NEEDED = ['DRACHTIO_HOST', 'DRACHTIO_PORT', 'DRACHTIO_SECRET', 'FREESWITCH_SERVERS', 'HOLDFAST_SIP_PORT'];

const missing = NEEDED.filter((name) => !process.env[name]);
if (missing.length > 0) {
  console.error(`make test-production needs ${missing.join(', ')} (see CONTRIBUTING.md)`);
  process.exit(1);
}

// The suites of one media server take the first of the list.
process.env.FREESWITCH_ESL ??= process.env.FREESWITCH_SERVERS.split(',')[0].trim();
process.env.HOLDFAST_SIP_HOST ||= process.env.DRACHTIO_HOST;
// Which versions are met is what the run is for.
process.env.HOLDFAST_OLD_FREESWITCH_REASON ||= 'tests of this very server, on loopback';

// The servers are shared, and drachtio-server spreads calls over all applications that are connected: so one by one.
// --forceExit: a connection to a server of production is not worth a run that does not end.
const alone = ['--runInBand', '--forceExit'];
const report = new TestReport('test-production-summary');
const [isBuilt] = await report.gates([['build', join(root, 'scripts/build.mjs'), []]]);
if (isBuilt) writeFileSync(join(root, '.make/built'), '');
report.jest('contracts', ['--selectProjects', 'parallel', '--testPathPatterns', 'test/contract/', ...alone]);
report.jest('journeys', ['--selectProjects', 'journeys', 'timed', '--testPathPatterns', 'test/journey/[^/]+$', ...alone]);
report.finish();
