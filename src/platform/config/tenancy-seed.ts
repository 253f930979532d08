import { isIP } from 'node:net';
import { z } from 'zod';
import { accountLimitOverridesSchema } from './account-limits';
import { count, field, fixedPort, host } from './field';

const sid = (prefix: string): z.ZodString =>
  z.string().regex(new RegExp(`^${prefix}[0-9a-f]{32}$`), `must be ${prefix} followed by 32 hexadecimal digits`);
const url = (): z.ZodURL => z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });
const method = z.enum(['GET', 'POST']).default('POST');

/** An address block such as 203.0.113.0/24 or 2001:db8::/32; a bare address is a block of one. */
export function isAddressBlock(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

const account = z.strictObject({
  sid: field(sid('AC'), { why: 'identity of the tenant in every URL, key and record' }),
  name: field(z.string().min(1), { why: 'shown to people' }),
  authToken: field(z.string().min(16), {
    why: 'signs requests to the tenant and opens the REST door; kept encrypted in Redis', secret: true,
  }),
  status: field(z.enum(['active', 'suspended']).default('active'), {
    why: 'a suspended account keeps its settings and takes no calls',
  }),
  allowPrivate: field(z.array(z.string().refine(isAddressBlock, 'must be an address or a block such as 203.0.113.0/24'))
    .default([]), { why: 'address blocks beyond the public ones that webhooks and SIP targets of this account may reach' }),
  limits: accountLimitOverridesSchema.optional(),
});

const application = z.strictObject({
  sid: field(sid('AP'), { why: 'identity of the application module' }),
  account: field(sid('AC'), { why: 'the account that owns it' }),
  name: field(z.string().min(1), { why: 'shown to people' }),
  voiceUrl: field(url(), { why: 'asked for the first document of a call' }),
  voiceMethod: field(method, { why: 'HTTP method for voiceUrl' }),
  voiceFallbackUrl: field(url().optional(), { why: 'asked, with ErrorCode and ErrorUrl, when voiceUrl fails' }),
  voiceFallbackMethod: field(method, { why: 'HTTP method for voiceFallbackUrl' }),
  statusCallback: field(url().optional(), { why: 'told when the call has ended' }),
  statusCallbackMethod: field(method, { why: 'HTTP method for statusCallback' }),
});

const number = z.strictObject({
  number: field(z.string().regex(/^\+?[A-Za-z0-9_.*#-]{1,64}$/), {
    why: 'user part of the SIP URI that reaches the application; quote it in YAML so that it stays text',
  }),
  account: field(sid('AC'), { why: 'the account that owns it' }),
  application: field(sid('AP'), { why: 'the application that answers it' }),
});

const trunk = z.strictObject({
  name: field(z.string().min(1), { why: 'shown to people and in records' }),
  account: field(sid('AC').optional(), { why: 'only this account; absent: every account' }),
  sources: field(z.array(z.string().refine(isAddressBlock, 'must be an address or a block such as 203.0.113.0/24'))
    .default([]), { why: 'addresses that may send calls through this trunk; with digest: both have to be right' }),
  domain: field(host().toLowerCase().optional(), {
    why: 'host of the Request-URI (or To) that callers of a digest trunk use; each INVITE for it is asked for credentials',
  }),
  digest: z.strictObject({
    user: field(z.string().regex(/^[A-Za-z0-9_.+-]{1,64}$/, 'must be letters, digits, or _ . + -'), {
      why: 'user name that the far end answers a challenge with; several trunks of one domain differ by it',
    }),
    password: field(z.string().min(12), { why: 'its password; only hashes of it are kept, encrypted, in Redis', secret: true }),
    algorithms: field(z.array(z.enum(['SHA-256', 'MD5'])).min(1).default(['SHA-256', 'MD5']), {
      why: 'SHA-256 and MD5, or one of them: MD5 alone for equipment that does not look past the first challenge',
    }),
  }).optional(),
  maxChannels: field(count().optional(), {
    why: 'calls at once through it on all gateways, in and out, as agreed with the carrier; absent: any number', unit: 'calls',
  }),
  trusted: field(z.boolean().default(false), {
    why: 'the far end is a carrier whose P-Asserted-Identity, Privacy, Diversion and History-Info count',
  }),
  outbound: z.strictObject({
    host: field(host(), { why: 'where calls to the outside are sent' }),
    port: field(fixedPort().default(5060), { why: 'its SIP port' }),
    prefix: field(z.string().optional(), { why: 'put before the dialled number' }),
    user: field(z.string().min(1).optional(), { why: 'answers a challenge of the carrier (digest), with password' }),
    password: field(z.string().min(1).optional(), {
      why: 'answers a challenge of the carrier; kept encrypted in Redis', secret: true,
    }),
  }).refine((one) => (one.user === undefined) === (one.password === undefined), {
    path: ['password'], message: 'user and password go together: give both or none',
  }).optional(),
});

/** What is written into Redis at start, so that a first call needs no REST request. References are checked here. */
export const tenancySeedSchema = z.strictObject({
  accounts: z.array(account).default([]),
  applications: z.array(application).default([]),
  numbers: z.array(number).default([]),
  trunks: z.array(trunk).default([]),
}).superRefine((seed, context) => {
  const accounts = new Set(seed.accounts.map((one) => one.sid));
  const owners = new Map(seed.applications.map((one) => [one.sid, one.account]));
  const complain = (path: (string | number)[], message: string): void => {
    context.addIssue({ code: 'custom', path, message });
  };
  const onlyOnce = (list: keyof typeof seed, key: string, values: readonly string[]): void => {
    values.forEach((value, index) => {
      if (values.indexOf(value) !== index) complain([list, index, key], `${value} is listed twice: remove one`);
    });
  };
  onlyOnce('accounts', 'sid', seed.accounts.map((one) => one.sid));
  onlyOnce('applications', 'sid', seed.applications.map((one) => one.sid));
  onlyOnce('numbers', 'number', seed.numbers.map((one) => one.number));
  onlyOnce('trunks', 'name', seed.trunks.map((one) => one.name));
  for (const list of ['applications', 'numbers', 'trunks'] as const) {
    seed[list].forEach((one, index) => {
      if (one.account !== undefined && !accounts.has(one.account)) {
        complain([list, index, 'account'], `${one.account} is not among accounts: add it or correct the sid`);
      }
    });
  }
  const digestUsers = seed.trunks.map(({ domain, digest }) => digest && `${domain ?? ''} ${digest.user}`);
  seed.trunks.forEach(({ domain, digest }, index) => {
    if ((domain === undefined) !== (digest === undefined)) {
      complain(['trunks', index, domain === undefined ? 'domain' : 'digest'], 'domain and digest belong together: add it');
    }
    if (!digest) return;
    if (digest.password === digest.user) complain(['trunks', index, 'digest', 'password'], 'is the user name: choose another');
    if (digestUsers.indexOf(digestUsers[index]) !== index) {
      complain(['trunks', index, 'digest', 'user'], `${digest.user} is listed twice for ${domain ?? ''}: rename one`);
    }
  });
  seed.numbers.forEach((one, index) => {
    const owner = owners.get(one.application);
    if (owner === undefined) {
      const message = `${one.application} is not among applications: add it or correct the sid`;
      complain(['numbers', index, 'application'], message);
    } else if (owner !== one.account) {
      complain(['numbers', index, 'application'], `${one.application} belongs to ${owner}, not to ${one.account}`);
    }
  });
});

export type TenancySeed = z.output<typeof tenancySeedSchema>;
