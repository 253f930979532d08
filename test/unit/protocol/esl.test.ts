import {
  decodeEslValue, encodeEslCommand, encodeEslEvent, encodeEslFrame, encodeEslValue, EslFrameDecoder, headerOf, parseEslCommand,
  parseEslMessage,
} from '../../../src/protocol/esl';

const framesOf = (bytes: Buffer): ReturnType<EslFrameDecoder['push']> => new EslFrameDecoder().push(bytes);
const only = (bytes: Buffer): ReturnType<EslFrameDecoder['push']>[number] => {
  const [frame] = framesOf(bytes);
  if (!frame) throw new Error('no frame');
  return frame;
};

describe('event socket frames', () => {
  it('come out whole however the bytes are cut', () => {
    const bytes = Buffer.concat([
      encodeEslFrame({ 'Content-Type': 'auth/request' }),
      Buffer.from('\n\r\n'),
      encodeEslFrame({ 'Content-Type': 'api/response' }, '+OK grüß\n\nGott\n'),
      Buffer.from('auth secret\r\n\r\n'),
    ]);
    const whole = framesOf(bytes);
    expect(whole.map((frame) => frame.body)).toEqual(['', '+OK grüß\n\nGott\n', '']);
    expect(whole[2]?.lines).toEqual(['auth secret']);
    const decoder = new EslFrameDecoder();
    expect([...bytes].flatMap((byte) => decoder.push(Buffer.from([byte])))).toEqual(whole);
  });

  it('are refused when they grow beyond all bounds', () => {
    const decoder = new EslFrameDecoder(10);
    expect(() => decoder.push(Buffer.from('api aaaaaaaaaaaaaaaa'))).toThrow('over 10 bytes');
  });

  it('carry commands with headers and a body', () => {
    const bytes = encodeEslCommand('sendmsg 1234', { 'call-command': 'execute', 'Event-UUID': 'e: 1' }, 'tone_stream://x');
    const command = parseEslCommand(only(bytes));
    expect(command).toMatchObject({ verb: 'sendmsg', args: '1234', body: 'tone_stream://x' });
    expect(headerOf(command.headers, 'event-uuid')).toBe('e: 1');
    expect(headerOf(command.headers, 'constructor')).toBeUndefined();
  });

  it('cannot be split by a line break in a value', () => {
    expect(framesOf(encodeEslCommand('api a\n\nexit', { x: '1\n\nexit' }))).toHaveLength(1);
  });
});

describe('event socket events', () => {
  const event = { headers: { 'Event-Name': 'DTMF', variable_x: 'a b%/,€' }, body: 'line\n\nline' };

  it.each(['json', 'plain'] as const)('survive the %s format with their body', (format) => {
    const message = parseEslMessage(only(encodeEslEvent(event, format)));
    expect(message.kind === 'event' && message.event.body).toBe(event.body);
    expect(message.kind === 'event' && message.event.headers).toMatchObject(event.headers);
  });

  it('are url-encoded as FreeSWITCH does it in the plain format', () => {
    expect(encodeEslValue('sip:a@b c/d,e+f$')).toBe('sip%3Aa%40b%20c/d,e%2Bf$');
    expect(decodeEslValue('sip%3Aa%40b%20c')).toBe('sip:a@b c');
    expect(decodeEslValue('100% %zz %ff')).toBe('100% %zz %ff');
  });

  it('are told from replies', () => {
    const message = parseEslMessage(only(encodeEslFrame({ 'Content-Type': 'command/reply', 'Reply-Text': '+OK' })));
    expect(message).toMatchObject({ kind: 'frame', contentType: 'command/reply', headers: { 'Reply-Text': '+OK' } });
  });
});
