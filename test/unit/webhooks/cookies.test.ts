import { WebhookClient, type WebhookRequest } from '../../../src/webhooks';
import { CookieJar } from '../../../src/webhooks/cookie-jar';
import { startApplication, THIS_MACHINE, xml } from './customer-application';

const NOW = Date.parse('2026-01-01T00:00:00Z');

// RFC 6265.
describe('a cookie jar', () => {
  const sent = (setCookies: string[], from: string, to: string, later = 0): string | undefined => {
    const jar = new CookieJar();
    jar.store(new URL(from), setCookies, NOW);
    return jar.header(new URL(to), NOW + later);
  };
  const home = 'https://app.a.example/voice/start';

  it.each<[string, string, string | undefined]>([
    ['s=1', 'https://app.a.example/voice/next', 's=1'],
    ['s=1', 'https://app.a.example/voice', 's=1'],
    ['s=1', 'https://app.a.example/other', undefined],
    ['s=1', 'https://app.a.example/voicemail', undefined],
    ['s=1', 'https://a.example/voice/next', undefined],
    ['s=1', 'https://x.app.a.example/voice/next', undefined],
    ['s=1; Path=/', 'https://app.a.example/', 's=1'],
    ['s=1; Path=/; Domain=a.example', 'https://other.a.example/', 's=1'],
    ['s=1; Path=/; Domain=.A.Example', 'https://app.a.example/', 's=1'],
    ['s=1; Path=/; Domain=b.example', 'https://app.a.example/', undefined],
    ['s=1; Path=/; Domain=example', 'https://app.a.example/', undefined],
    ['s=1; Path=/; Secure', 'http://app.a.example/', undefined],
    ['s=1; Path=/; HttpOnly; SameSite=Lax', 'http://app.a.example/', 's=1'],
    ['s="a b"; Path=/', 'https://app.a.example/', 's="a b"'],
    ['s=; Path=/', 'https://app.a.example/', 's='],
    ['nothing', 'https://app.a.example/voice/', undefined],
    ['=1', 'https://app.a.example/voice/', undefined],
    ['s=\u00e9', 'https://app.a.example/voice/', undefined],
    [`s=${'x'.repeat(5_000)}`, 'https://app.a.example/voice/', undefined],
  ])('%s is for %s: %s', (cookie, url, header) => {
    expect(sent([cookie], home, url)).toBe(header);
  });

  it('never shares cookies between addresses', () => {
    expect(sent(['s=1; Path=/; Domain=0.0.1'], 'http://127.0.0.1/', 'http://127.0.0.1/')).toBeUndefined();
  });

  it('forgets in time: Max-Age before Expires, both before the call ends', () => {
    const late = 'Expires=Thu, 01 Jan 2026 00:10:00 GMT';
    expect(sent([`s=1; ${late}`], home, home, 599_000)).toBe('s=1');
    expect(sent([`s=1; ${late}`], home, home, 601_000)).toBeUndefined();
    expect(sent([`s=1; Max-Age=5; ${late}`], home, home, 6_000)).toBeUndefined();
    expect(sent(['s=1', 's=2; Max-Age=0'], home, home)).toBeUndefined();
    expect(sent(['s=1', 's=; Expires=Thu, 01 Jan 1970 00:00:00 GMT'], home, home)).toBeUndefined();
  });

  it('sends longer paths first, replaces by name, path and domain, and keeps 50 cookies at most', () => {
    expect(sent(['a=1; Path=/', 'b=2; Path=/voice', 'a=3; Path=/'], home, home)).toBe('b=2; a=3');
    const many = sent(Array.from({ length: 60 }, (_, n) => `c${n}=x`), home, home)?.split('; ');
    expect([many?.length, many?.[0]]).toEqual([50, 'c10=x']);
  });
});

describe('the requests of a call', () => {
  it('carry its cookies, through redirects too, and never those of another call or account', async () => {
    const application = await startApplication(({ url }, response) => {
      if (url === '/login') response.writeHead(302, { location: '/voice', 'set-cookie': ['id=7; Path=/', 'step=1; Path=/'] }).end();
      else xml(response, '<Response/>', { 'set-cookie': 'step=2; Path=/' });
    });
    const client = new WebhookClient({
      budgetMs: 5_000, connectTimeoutMs: 1_000, documentBytes: 65_536, audioBytes: 65_536, ...THIS_MACHINE,
    });
    const cookieOf = async (more: Partial<WebhookRequest>): Promise<string | undefined> => {
      await client.request({ accountSid: 'AC1', authToken: 't', url: `${application.origin}/voice`, method: 'POST', ...more });
      return application.seen.at(-1)?.headers['cookie'];
    };
    const [one, two] = [{ params: { CallSid: 'CA1' } }, { params: { CallSid: 'CA2' } }];
    expect(await cookieOf({ ...one, url: `${application.origin}/login` })).toBe('id=7; step=1');
    expect(await cookieOf(one)).toBe('id=7; step=2');
    expect(await cookieOf(two)).toBeUndefined();
    expect(await cookieOf({ ...one, accountSid: 'AC2' })).toBeUndefined();
    expect(await cookieOf({ kind: 'media', method: 'GET', callSid: 'CA1' })).toBe('id=7; step=2');
    client.forgetCall('AC1', 'CA1');
    expect(await cookieOf(one)).toBeUndefined();
    await client.stop();
    await application.stop();
  });
});
