import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';

const root = join(__dirname, '..', '..', '..');

/** The JSON schema of the compose specification as dclint carries it; newer than what docker-compose 1.29 checks. */
const schemaFile = join(dirname(require.resolve('dclint/package.json')), 'schemas', 'compose.schema.json');
const { $schema: _, ...schema } = JSON.parse(readFileSync(schemaFile, 'utf8')) as { $schema: string };
// It names draft 7 by https, which is not that draft's name. Its own formats (`duration`, `ports`) are checked by docker-compose.
const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
const faults = (yaml: string): readonly string[] => {
  validate(parse(yaml, { merge: true }));
  return (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`);
};

const hasCompose = ['docker compose', 'docker-compose'].some((command) => spawnSync('sh', ['-c', `${command} version`]).status === 0);
/** What `make up` would start with these variables, merged by docker-compose; in a folder of its own, for the secrets it makes. */
const merged = (variables: Record<string, string>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-stack-'));
  try {
    for (const part of ['docker', 'scripts/stack.sh', 'freeswitch-conf']) cpSync(join(root, part), join(folder, part), { recursive: true });
    for (const own of ['secrets.env', 'settings.env']) rmSync(join(folder, 'docker', own), { force: true });
    const config = execFileSync(join(folder, 'scripts/stack.sh'), ['config'], { encoding: 'utf8', env: { PATH: process.env['PATH'], ...variables } });
    expect(statSync(join(folder, 'docker', 'secrets.env')).mode & 0o777).toBe(0o600);
    return config;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

describe('the compose files', () => {
  it.each(['compose.yaml', 'compose.host.yaml', 'compose.laptop.yaml'])('%s is valid by the compose specification', (file) => {
    expect(faults(readFileSync(join(root, 'docker', file), 'utf8'))).toEqual([]);
  });

  it('would be found invalid with a misspelt key', () => {
    expect(faults('services: { redis: { image: redis, restrat: always } }')).toEqual([
      expect.stringContaining('/services/redis must NOT have additional properties {"additionalProperty":"restrat"}'),
    ]);
  });

  const whyNot = hasCompose ? '' : ' (skipped: neither `docker compose` nor docker-compose is installed)';
  (hasCompose ? it : it.skip).each([
    ['a server', {}, []],
    ['a server with demo, metrics and three gateways', { DEMO: '1', METRICS: '1', GATEWAYS: '3' }, ['demo', 'prometheus']],
    ['a laptop', { ON: 'laptop' }, []],
    ['a laptop with demo and metrics', { ON: 'laptop', DEMO: '1', METRICS: '1' }, ['demo', 'prometheus']],
  ] as const)(`are merged by docker-compose into what is valid for %s${whyNot}`, (_name, variables, added) => {
    const config = merged(variables);
    expect(faults(config)).toEqual([]);
    const { services } = parse(config) as { services: Record<string, object> };
    expect(Object.keys(services)).toEqual(expect.arrayContaining(['drachtio', 'freeswitch', 'gateway', 'prepare', 'redis', ...added]));
  });

  (hasCompose ? it : it.skip)(`keep what images.env says when make hands on its variables empty${whyNot}`, () => {
    const { services } = parse(merged({ HOLDFAST_OLD_FREESWITCH_REASON: '', HOLDFAST_EXTERNAL_IP: '' })) as
      { services: { gateway: { environment: Record<string, string> } } };
    expect(services.gateway.environment['HOLDFAST_OLD_FREESWITCH_REASON']).toMatch(/bound inside/);
  });
});
