import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/platform/config';
import { relaySchema } from '../../../src/platform/config/relay-config';
import { schemaKeys } from '../../../src/platform/config/schema-keys';

interface Service {
  readonly image?: string;
  readonly environment?: Record<string, string>;
  readonly ports?: string[];
  readonly network_mode?: string;
  readonly restart?: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: string[];
  readonly cap_add?: string[];
  readonly privileged?: boolean;
  readonly security_opt?: string[];
  readonly ulimits?: { nofile: { soft: string; hard: string } };
  readonly logging?: { driver: string; options: Record<string, string> };
  readonly stop_grace_period?: string;
  readonly volumes?: string[];
  readonly networks?: Record<string, { ipv4_address?: string }>;
  readonly depends_on?: Record<string, { condition: string }>;
  readonly healthcheck?: { test?: string[]; disable?: boolean };
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
const services = Object.entries(base.services);
/** Those that stay: `prepare` ends when it has done its work. */
const servers = services.filter(([name]) => name !== 'prepare');
const files = ['compose.yaml', 'compose.host.yaml', 'compose.laptop.yaml'];

describe('the files of the Docker stack', () => {
  it('pin every image to a tag in images.env', () => {
    const images = assignments('images.env');
    for (const [name, tag] of images) {
      if (name.endsWith('_IMAGE')) expect(`${name}=${tag}`).toMatch(/^[A-Z_]+=[a-z0-9/.-]+:(?!latest)[\w.-]*\d[\w.-]*$/);
    }
    const ours = ['holdfast', 'holdfast-demo'];
    for (const [, { image }] of services) {
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

  it('give the relay only variables that it reads', () => {
    const known = new Set(schemaKeys(relaySchema).flatMap(({ note }) => note.env ?? []));
    const given = [base, laptop].flatMap(({ services }) => Object.keys(services['relay']?.environment ?? {}));
    expect(given.filter((name) => !known.has(name))).toEqual([]);
  });

  it('give FreeSWITCH only variables that freeswitch-conf or its start script reads', () => {
    const conf = readFileSync(join(docker, '..', 'freeswitch-conf', 'vars.xml'), 'utf8') + text('freeswitch.sh');
    const given = [base, laptop].flatMap(({ services }) => Object.keys(services['freeswitch']?.environment ?? {}));
    expect(given.filter((name) => !conf.includes(`$${name}`) && !conf.includes(`\${${name}:`))).toEqual([]);
  });

  it('start in order: prepare, the servers, then gateways when all they need is healthy', () => {
    const needs = (name: string): string[] =>
      Object.entries(base.services[name]?.depends_on ?? {}).map(([other, { condition }]) => `${other} ${condition}`).sort();
    expect(needs('drachtio')).toEqual(['prepare service_completed_successfully']);
    expect(needs('freeswitch')).toEqual(['prepare service_completed_successfully']);
    expect(needs('relay')).toEqual(['drachtio service_healthy']);
    expect(needs('gateway')).toEqual(['freeswitch service_healthy', 'redis service_healthy', 'relay service_healthy']);
  });

  it.each(servers)('check the health of %s', (name, { healthcheck }) => {
    // That of the gateway is in its image.
    if (name === 'gateway') expect(text('Dockerfile')).toMatch(/^HEALTHCHECK .*\/health\/ready/ms);
    else expect(healthcheck?.test?.[0]).toMatch(/^CMD/);
  });

  it('wait for no health of what ends: prepare shares the image of the gateway', () => {
    expect(base.services['prepare']?.healthcheck).toEqual({ disable: true });
  });

  it.each(services)('run %s without rights, on a read-only root, with bounded logs and enough files', (name, service) => {
    expect(service).toMatchObject({
      restart: name === 'prepare' ? 'no' : 'unless-stopped', read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'],
      ulimits: { nofile: { soft: '${HOLDFAST_OPEN_FILES:-65536}', hard: '${HOLDFAST_OPEN_FILES:-65536}' } }, logging: { driver: 'json-file', options: { 'max-size': '20m', 'max-file': '5' } },
    });
    expect(service.cap_add ?? service.privileged).toBeUndefined();
    // Ours say it in their Dockerfile, Prometheus's in its own.
    if (/HOLDFAST|PROMETHEUS|^holdfast/.test(service.image ?? '')) expect(service.user).toBeUndefined();
    else expect(service.user).toMatch(/^(redis|10001:10001)$/);
  });

  it('run our images as nobody in particular, in every stage that is started', () => {
    const stages = text('Dockerfile').split(/^FROM /m).filter((stage) => /^CMD /m.test(stage));
    expect(stages).toHaveLength(2);
    for (const stage of stages) expect(stage).toMatch(/^USER 10001:10001$/m);
  });

  it('give a gateway what it can start with, and time to finish: its draining and its last webhooks', () => {
    const { environment = {}, stop_grace_period: grace = '' } = base.services['gateway'] ?? {};
    const env = Object.entries(environment).map(([name, value]) =>
      [name, value.replaceAll(/\$\{\w+(?::-([^}]*))?\}/g, (_all, given?: string) => given ?? '5a'.repeat(24))] as const);
    const loaded = loadConfig({ ...Object.fromEntries(env), HOLDFAST_CONFIG: join(docker, 'holdfast.yaml') });
    expect(loaded).toMatchObject({ outcome: 'loaded' });
    expect(Number.parseInt(grace, 10) * 1_000).toBeGreaterThanOrEqual(('config' in loaded ? loaded.config.limits.drainMs : NaN) + 15_000);
  });

  it('let several gateways share drachtio and the host network: nothing they listen on is a fixed port', () => {
    const { environment = {} } = base.services['gateway'] ?? {};
    expect(Number(environment['HOLDFAST_HTTP_PORT_TRIES'])).toBeGreaterThanOrEqual(10);
    expect(environment['HOLDFAST_HTTP_ADDRESS_FILE']).toBe('/tmp/http-address');
    // Those of drachtio-server and FreeSWITCH are for `make firewall`.
    expect(Object.keys(environment).filter((name) => /PORT/.test(name)).sort()).toEqual([
      'DRACHTIO_PORT', 'HOLDFAST_HTTP_PORT', 'HOLDFAST_HTTP_PORT_TRIES', 'HOLDFAST_RTP_PORT_MAX', 'HOLDFAST_RTP_PORT_MIN', 'HOLDFAST_SIP_PORT',
    ]);
    expect(base.services['gateway']?.ports).toBeUndefined();
  });

  it('mount only files that are here', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) => volumes).map((volume) => volume.split(':')[0] ?? '').filter((from) => from.startsWith('.'));
    expect(mounted.length).toBeGreaterThan(8);
    expect(mounted.filter((from) => !existsSync(join(docker, from)))).toEqual([]);
  });

  it('on a laptop, give the gateway the address that FreeSWITCH and the trunk of the laptop know', () => {
    const { environment = {}, networks } = laptop.services['gateway'] ?? {};
    expect(networks?.['default']?.ipv4_address).toBe(environment['HOLDFAST_ESL_LISTEN_ADDRESS']);
    expect(laptop.services['freeswitch']?.environment?.['GATEWAY_NETWORK']).toBe('172.30.77.0/24');
    expect(text('laptop.yaml')).toContain('172.30.77.0/24');
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
    for (const script of scripts) execFileSync('sh', ['-n', join(docker, script)]);
    execFileSync('bash', ['-n', join(docker, '..', 'scripts', 'stack.sh')]);
  });
});
