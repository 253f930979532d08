import { getExpectedTwilioSignature, twiml } from 'twilio';
import { CustomerApp } from '../../support/customer-app';

const TOKEN = 'secret-token';

describe('the customer application of journeys', () => {
  let app: CustomerApp;
  beforeEach(async () => {
    app = await CustomerApp.start({ authToken: (sid) => (sid === 'AC1' ? TOKEN : undefined) });
  });
  afterEach(() => app.stop());

  function post(path: string, params: Record<string, string>, token?: string): Promise<Response> {
    const signature = token === undefined ? {} : {
      'X-Twilio-Signature': getExpectedTwilioSignature(token, app.url(path), params),
    };
    return fetch(app.url(path), {
      method: 'POST', body: new URLSearchParams(params),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...signature },
    });
  }

  it('answers text, documents of the twilio package, whole responses, and what functions return', async () => {
    const document = new twiml.VoiceResponse();
    document.say('hello');
    app.on('/text', '<Response/>')
      .on('/document', document)
      .on('/audio', { status: 201, headers: { 'Content-Type': 'audio/wav' }, body: Buffer.from([1, 2]) })
      .on('/function', async ({ Digits }) => `<Response><Say>${Digits}</Say></Response>`);
    expect(await (await post('/text', {})).text()).toBe('<Response/>');
    expect(await (await post('/document', {})).text()).toContain('<Say>hello</Say>');
    const audio = await post('/audio', {});
    expect([audio.status, audio.headers.get('content-type')]).toEqual([201, 'audio/wav']);
    expect(await (await post('/function', { Digits: '7' })).text()).toBe('<Response><Say>7</Say></Response>');
    expect((await post('/unknown', {})).status).toBe(404);
  });

  it('judges signatures as the twilio package does', async () => {
    app.on('/voice', '<Response/>').on('/get', '<Response/>');
    await post('/voice', { AccountSid: 'AC1', CallSid: 'CA1' }, TOKEN);
    await post('/voice', { AccountSid: 'AC1', CallSid: 'CA2' }, 'another');
    await post('/voice', { AccountSid: 'AC2', CallSid: 'CA3' }, TOKEN);
    await post('/voice', { AccountSid: 'AC1', CallSid: 'CA4' });
    expect(app.requests.map(({ signature }) => signature)).toEqual(['valid', 'invalid', 'invalid', 'missing']);
    const target = '/get?AccountSid=AC1&Name=a%20b+c';
    await fetch(app.url(target), {
      headers: { 'X-Twilio-Signature': getExpectedTwilioSignature(TOKEN, app.url(target), {}) },
    });
    expect(app.requestsTo('/get')[0]).toMatchObject({ signature: 'valid', query: { Name: 'a b c' } });
  });

  it('waits for a request that fits, past or coming, and tells what came instead', async () => {
    app.on('/status', '');
    const coming = app.waitForRequest('/status', ({ params }) => params['CallStatus'] === 'completed');
    await post('/status', { CallStatus: 'ringing' });
    await post('/status', { CallStatus: 'completed' });
    expect((await coming).params).toEqual({ CallStatus: 'completed' });
    expect((await app.waitForRequest('/status')).params).toEqual({ CallStatus: 'ringing' });
    await expect(app.waitForRequest('/action', () => true, 20)).rejects.toThrow('came: POST /status, POST /status');
  });

  it('answers 500 and remembers the failure when a route throws, and can hang up without a word', async () => {
    app.on('/broken', () => {
      throw new Error('no such queue');
    }).on('/gone', { hangUp: true });
    expect((await post('/broken', {})).status).toBe(500);
    expect(app.failures.map(({ message }) => message)).toEqual(['no such queue']);
    await expect(post('/gone', {})).rejects.toThrow('fetch failed');
  });
});
