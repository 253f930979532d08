import { lookup, Resolver } from 'node:dns/promises';

/** All addresses of a host name; rejects with a Node error code (`ENOTFOUND`, ...) when there are none. */
export type HostResolver = (hostname: string) => Promise<readonly string[]>;

/** Attempts of one name server, in ms: two of them stay within the 5 s that a name may take. */
const TRY_MS = 2_000;
const ABSENT: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Asks DNS for A and AAAA itself; what DNS does not know (the hosts file, short names of a container network) is asked of
 * the system. Not the system first: getaddrinfo holds one of Node's four worker threads until it is done, so that a tenant
 * with a dead name server would stop everybody's file and name operations.
 */
export function systemResolver(): HostResolver {
  const dns = new Resolver({ timeout: TRY_MS, tries: 2 });
  return async (hostname) => {
    const name = hostname.replace(/\.$/, '').toLowerCase();
    // RFC 6761 section 6.3: never a question for DNS.
    if (name === 'localhost' || name.endsWith('.localhost')) return ['127.0.0.1', '::1'];
    const answers = await Promise.allSettled([dns.resolve4(name), dns.resolve6(name)]);
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (addresses.length > 0) return addresses;
    const failures = answers.map((answer) => (answer.status === 'rejected' ? answer.reason as NodeJS.ErrnoException : undefined));
    // `.invalid` has no addresses anywhere (RFC 6761 section 6.4), whatever the name server of this machine is like.
    const isAbsent = failures.every((failure) => ABSENT.has(failure?.code ?? ''));
    if (!name.includes('.') || (isAbsent && !name.endsWith('.invalid'))) {
      return (await lookup(name, { all: true })).map(({ address }) => address);
    }
    const failure = failures.find((one) => !ABSENT.has(one?.code ?? ''));
    // A name server that cannot be reached or refuses is, for the caller, a name that does not resolve now.
    const code = isAbsent || name.endsWith('.invalid') ? 'ENOTFOUND' : 'EAI_AGAIN';
    throw Object.assign(new Error(`${name} does not resolve`, { cause: failure }), { code });
  };
}
