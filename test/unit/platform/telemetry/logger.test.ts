import { createLogger, type LoggerOptions, redactText } from '../../../../src/platform/telemetry';

function capture(options: LoggerOptions = {}): { lines: string[]; logger: ReturnType<typeof createLogger> } {
  const lines: string[] = [];
  return { lines, logger: createLogger({ ...options, destination: { write: (line) => lines.push(line) } }) };
}

describe('the logger', () => {
  it('writes one JSON object a line, with its bindings and those of its parents', () => {
    const { lines, logger } = capture({ bindings: { gateway: 'gw-1' } });
    logger.child({ callSid: 'CA1' }).child({ verb: 'Say' }).info({ durationMs: 12 }, 'verb ended');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info', gateway: 'gw-1', callSid: 'CA1', verb: 'Say', durationMs: 12, msg: 'verb ended',
    });
  });

  it('writes only lines at or above its level', () => {
    const { lines, logger } = capture({ level: 'warn' });
    logger.info('no');
    logger.child({ a: 1 }).debug({ b: 2 }, 'no');
    logger.warn('yes');
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['yes']);
  });

  it.each([
    ['a header object', { headers: { 'X-Twilio-Signature': 's3cr3t', authorization: 'Basic s3cr3t' } }],
    ['a token', { account: { sid: 'AC1', authToken: 's3cr3t' } }],
    ['a password deep inside', { a: { b: [{ c: { password: 's3cr3t' } }] } }],
    ['secret keys', { secretKey: 's3cr3t', drachtio: { secret: 's3cr3t' }, client_secret: 's3cr3t' }],
    ['digits', { Digits: 's3cr3t', params: { digits: 's3cr3t' } }],
    ['a URL with a password', { url: 'redis://:s3cr3t@10.0.0.1:6379/0' }],
    ['a form body', { body: 'CallSid=CA1&Digits=s3cr3t&To=1000' }],
    ['a traced message', { sip: 'INVITE sip:1@x SIP/2.0\r\nProxy-Authorization: Digest a="s3cr3t"\r\nCSeq: 1\r\n' }],
    ['an error', { err: new Error('connect redis://u:s3cr3t@h failed') }],
    ['the cause of an error', { err: new Error('no', { cause: new Error('password=s3cr3t') }) }],
  ])('never writes the secret in %s', (_where, facts) => {
    const { lines, logger } = capture();
    logger.info(facts, 'something');
    logger.child(facts).info('something');
    expect(lines.join('')).not.toContain('s3cr3t');
    expect(lines.join('')).toContain('[redacted]');
  });

  it('keeps what surrounds a secret', () => {
    expect(redactText('CallSid=CA1&Digits=42&To=1000')).toBe('CallSid=CA1&Digits=[redacted]&To=1000');
    expect(redactText('Authorization: Basic abc\r\nCSeq: 1 BYE')).toBe('Authorization: [redacted]\r\nCSeq: 1 BYE');
    expect(redactText('https://u:p@h.example/x?numDigits=4')).toBe('https://[redacted]@h.example/x?numDigits=4');
  });

  it('keeps type, message, stack and code of an error', () => {
    const { lines, logger } = capture();
    logger.error({ err: Object.assign(new TypeError('bad'), { code: 'X1' }) }, 'failed');
    const { err } = JSON.parse(lines[0] ?? '') as { err: Record<string, unknown> };
    expect(err).toMatchObject({ type: 'TypeError', message: 'bad', code: 'X1' });
    expect(err['stack']).toContain('logger.test');
  });

  it('survives a circular value', () => {
    const { lines, logger } = capture();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    logger.info({ circle }, 'round');
    expect(lines).toHaveLength(1);
  });

  it('writes a readable line for people', () => {
    const { lines, logger } = capture({ pretty: 'always' });
    logger.info({ callSid: 'CA1' }, 'call received');
    expect(lines[0]).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: call received \{"callSid":"CA1"\}\n$/);
  });
});
