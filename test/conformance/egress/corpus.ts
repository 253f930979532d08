import { FORBIDDEN_V4, FORBIDDEN_V6, V4_ENCODINGS, V6_ENCODINGS } from './targets';

export const REDIRECTS = [301, 302, 303, 307, 308] as const;

/** One URL of a tenant that leads, or later leads, to an address nobody may reach. */
export interface HostileUrl {
  readonly name: string;
  readonly vector: 'literal' | 'dns' | 'rebinding' | 'redirect' | 'keep-alive';
  /** Authority without port. */
  readonly host: string;
  /** What the fake DNS answers for `host`: the n-th question gets the n-th list, the last one for ever. */
  readonly answers?: readonly (readonly string[])[];
  readonly status?: (typeof REDIRECTS)[number];
}

const TARGETS = [...FORBIDDEN_V4, ...FORBIDDEN_V6];
const PUBLIC_ADDRESS = '93.184.216.34';

/** Every case, always the same ones in the same order. `allowed` is an address that the tests' policy allows. */
export function hostileUrls(allowed: string): HostileUrl[] {
  return [...literals(), ...names(), ...rebindings(allowed), ...redirects(), ...keptAlive(allowed)];
}

function written(): { name: string; host: string }[] {
  const all = (targets: readonly string[], encodings: Readonly<Record<string, (address: string) => string>>) =>
    targets.flatMap((target) => Object.entries(encodings).map(([name, encode]) => ({ name: `${target}, ${name}`, host: encode(target) })));
  return [...all(FORBIDDEN_V4, V4_ENCODINGS), ...all(FORBIDDEN_V6, V6_ENCODINGS)];
}

const literals = (): HostileUrl[] => written().map(({ name, host }) => ({ name, vector: 'literal', host }));

function names(): HostileUrl[] {
  const local = ['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'loc\u00adalhost', '\uff4c\uff4f\uff43\uff41lhost'];
  const shapes: ((target: string) => readonly string[])[] = [
    (target) => [target],
    (target) => [PUBLIC_ADDRESS, target],
    (target) => [target, PUBLIC_ADDRESS, '2606:4700::1'],
  ];
  return [
    ...local.map((host): HostileUrl => ({ name: host, vector: 'dns', host, answers: [['127.0.0.1', '::1']] })),
    ...TARGETS.flatMap((target, index) => shapes.map((shape, number): HostileUrl => ({
      name: `a name for ${shape(target).join(' and ')}`, vector: 'dns', host: `n${index}-${number}.example`, answers: [shape(target)],
    }))),
  ];
}

/** First an address we may reach, then one we may not: on the second connection, and between two looks at one name. */
function rebindings(allowed: string): HostileUrl[] {
  return TARGETS.map((target, index) => ({
    name: `a name that turns to ${target}`, vector: 'rebinding', host: `r${index}.example`, answers: [[allowed], [target]],
  }));
}

function redirects(): HostileUrl[] {
  const all = written();
  return REDIRECTS.flatMap((status, turn) => [
    // A third of the spellings for each status, so that every spelling is seen with several of them.
    ...all.filter((_, index) => index % 3 === turn % 3)
      .map(({ name, host }): HostileUrl => ({ name: `${status} to ${name}`, vector: 'redirect', host, status })),
    ...TARGETS.map((target, index): HostileUrl => ({
      name: `${status} to a name for ${target}`, vector: 'redirect', host: `t${index}.example`, answers: [[target]], status,
    })),
  ]);
}

/** The name turns while a connection to it is kept open: whatever is sent goes where the connection was judged to lead. */
function keptAlive(allowed: string): HostileUrl[] {
  return TARGETS.map((target, index) => ({
    name: `a kept connection whose name turns to ${target}`, vector: 'keep-alive', host: `k${index}.example`,
    answers: [[allowed], [target]],
  }));
}

/** 200 URLs as tenants have them: names, paths, queries and credentials of every honest shape. */
export function honestUrls(port: number): string[] {
  const hosts = [
    'app.example', 'APP.Example', 'a-b.c-d.example', 'xn--bcher-kva.example', 'b\u00fccher.example', 'x.y.z.example', '1.example',
    '127-0-0-1.example', '10.example', 'localhost.example', 'app.example.', 'under_score.example', 'user:pass@app.example',
    'user@app.example', 'internal.example', 'metadata.example', '169.254.169.254.example', '0x7f.example', 'fe80.example', 'a.co',
  ];
  const paths = [
    '', '/', '/voice', '/voice?tenant=1', '/a/b/../c', '/%7Euser/x.xml', "/it's?q='x'", '/wait?url=http://127.0.0.1/',
    '/#rt=500&ct=200', '/\u00fc?\u00e9=\u00e8',
  ];
  return hosts.flatMap((host) => paths.map((path) => `http://${host}:${port}${path}`));
}
