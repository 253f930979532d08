import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { schemaKeys } from '../../../src/platform/config/schema-keys';

interface Service {
  readonly image?: string;
  readonly environment?: Record<string, string>;
  readonly ports?: string[];
  readonly network_mode?: string;
  readonly depends_on?: Record<string, { condition: string }>;
  readonly healthcheck?: object;
}
interface ComposeFile {
  readonly services: Record<string, Service>;
}

const docker = join(__dirname, '..', '..', '..', 'docker');
const text = (file: string): string => readFileSync(join(docker, file), 'utf8');
// The anchors of compose files are merged (`<<`), and `<<: [a, b]` takes what both have.
const compose = (file: string): ComposeFile => parse(text(file), { merge: true }) as ComposeFile;
const assignments = (file: string): Map<string, string> =>
  new Map([...text(file).matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));
const [base, host, laptop] = ['compose.yaml', 'compose.host.yaml', 'compose.laptop.yaml'].map(compose) as
  [ComposeFile, ComposeFile, ComposeFile];
const files = ['compose.yaml', 'compose.host.yaml', 'compose.laptop.yaml'];

describe('the files of the Docker stack', () => {
  it('pin every image to a tag in images.env', () => {
    const images = assignments('images.env');
    for (const [name, tag] of images) {
      if (name.endsWith('_IMAGE')) expect(`${name}=${tag}`).toMatch(/^[A-Z_]+=[a-z0-9/.-]+:(?!latest)[\w.-]*\d[\w.-]*$/);
    }
    const ours = ['holdfast', 'holdfast-demo'];
    for (const { image } of Object.values(base.services)) {
      const variable = /^\$\{([A-Z_]+):\?/.exec(image ?? '')?.[1];
      expect(variable === undefined ? ours : [...images.keys()]).toContain(variable ?? image);
    }
  });

  it('ask for no variable that is neither set nor made', () => {
    const made = [.../for name in ([A-Z_ ]+);/.exec(text('make-secrets.sh'))?.[1]?.split(' ') ?? [], ...assignments('images.env').keys()];
    const required = files.flatMap((file) => [...text(file).matchAll(/\$\{([A-Z_]+)(?::\?[^}]*)?\}/g)].map(([, name]) => name));
    expect([...new Set(required)].filter((name) => !made.includes(name ?? ''))).toEqual([]);
  });

  it('give the gateway only variables that it reads', () => {
    const known = new Set(schemaKeys().flatMap(({ note }) => note.env ?? []));
    known.add('HOLDFAST_CONFIG');
    const given = [base, laptop].flatMap(({ services }) => Object.keys(services['gateway']?.environment ?? {}));
    expect(given.length).toBeGreaterThan(10);
    expect(given.filter((name) => !known.has(name))).toEqual([]);
  });

  it('give FreeSWITCH only variables that freeswitch-conf or its start script reads', () => {
    const conf = readFileSync(join(docker, '..', 'freeswitch-conf', 'vars.xml'), 'utf8') + text('freeswitch.sh');
    const given = [base, laptop].flatMap(({ services }) => Object.keys(services['freeswitch']?.environment ?? {}));
    expect(given.filter((name) => !conf.includes(`$${name}`) && !conf.includes(`\${${name}:`))).toEqual([]);
  });

  it('start the gateway when all it needs is healthy, and each of those has a check', () => {
    const needs = base.services['gateway']?.depends_on ?? {};
    expect(Object.keys(needs).sort()).toEqual(['drachtio', 'freeswitch', 'redis']);
    for (const [name, { condition }] of Object.entries(needs)) {
      expect(condition).toBe('service_healthy');
      expect(base.services[name]?.healthcheck).toBeDefined();
    }
  });

  it('put every service on the host network of a server, and publish the RTP range of a laptop', () => {
    expect(Object.keys(host.services).sort()).toEqual(Object.keys(base.services).sort());
    expect(Object.values(host.services).every(({ network_mode: mode }) => mode === 'host')).toBe(true);
    const { environment = {}, ports = [] } = laptop.services['freeswitch'] ?? {};
    const range = `${environment['RTP_PORT_MIN']}-${environment['RTP_PORT_MAX']}`;
    expect(ports).toEqual([`${range}:${range}/udp`]);
  });

  it('hold scripts that their shells can read', () => {
    const scripts = readdirSync(docker).filter((file) => file.endsWith('.sh'));
    expect(scripts.length).toBeGreaterThanOrEqual(4);
    for (const script of scripts) execFileSync('bash', ['-n', join(docker, script)]);
  });
});
