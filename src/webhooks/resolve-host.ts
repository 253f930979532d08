import { lookup, Resolver } from 'node:dns/promises';

/** All addresses of a host name; rejects with a Node error code (`ENOTFOUND`, ...) when there are none. */
export type HostResolver = (hostname: string) => Promise<readonly string[]>;

/** Attempts of one name server, in ms: two of them stay within the 5 s that a name may take. */
const TRY_MS = 2_000;
/** Of Node's four worker threads, those that names may hold. */
const MAX_LOOKUPS = 2;
const ABSENT: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Asks DNS for A and AAAA itself; what DNS does not know (the hosts file, short names of a container network) is asked of
 * the system. Not the system first: getaddrinfo holds one of Node's four worker threads until it is done, so that a tenant
 * with a dead name server would stop everybody's file and name operations; and never for more than two names at once.
 */
export function systemResolver(): HostResolver {
  const dns = new Resolver({ timeout: TRY_MS, tries: 2 });
  const asking = new Map<string, Promise<readonly string[]>>();
  const askSystem = (name: string): Promise<readonly string[]> => {
    const present = asking.get(name);
    if (present) return present;
    if (asking.size >= MAX_LOOKUPS) throw Object.assign(new Error(`no turn to look up ${name}`), { code: 'EAI_AGAIN' });
    const found = lookup(name, { all: true }).then((all) => all.map(({ address }) => address));
    const forgetting = found.finally(() => asking.delete(name));
    asking.set(name, forgetting);
    return forgetting;
  };
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
      return askSystem(name);
    }
    const failure = failures.find((one) => !ABSENT.has(one?.code ?? ''));
    // A name server that cannot be reached or refuses is, for the caller, a name that does not resolve now.
    const code = isAbsent || name.endsWith('.invalid') ? 'ENOTFOUND' : 'EAI_AGAIN';
    throw Object.assign(new Error(`${name} does not resolve`, { cause: failure }), { code });
  };
}
