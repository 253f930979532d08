import { decodeTelephoneEvent, digitOfEvent, encodeTelephoneEvent, eventOfDigit, keyPressPackets, relayedKey } from '../../../src/protocol/dtmf';

describe('RFC 4733 telephone events', () => {
  it('encodes event, end bit, volume and duration as in RFC 4733 section 2.3', () => {
    expect(encodeTelephoneEvent({ event: 11, end: true, volume: 10, duration: 1760 }).toString('hex')).toBe('0b8a06e0');
    expect(decodeTelephoneEvent(Buffer.from('0b8a06e0', 'hex'))).toEqual({
      outcome: 'event', event: { event: 11, end: true, volume: 10, duration: 1760 },
    });
    expect(decodeTelephoneEvent(Buffer.from('0b8a06', 'hex'))).toEqual({ outcome: 'invalid' });
  });

  it('names all sixteen keys both ways', () => {
    for (const digit of '0123456789*#ABCD') expect(digitOfEvent(eventOfDigit(digit) ?? -1)).toBe(digit);
    expect(eventOfDigit('a')).toBe(12);
    expect(eventOfDigit('x')).toBeUndefined();
    expect(eventOfDigit('')).toBeUndefined();
    expect(digitOfEvent(16)).toBeUndefined();
  });

  it('presses a key with growing durations and the end three times', () => {
    const packets = keyPressPackets('5', { durationMs: 100 }) ?? [];
    const events = packets.map((packet) => decodeTelephoneEvent(packet.payload));
    expect(events.map((event) => event.outcome === 'event' && [event.event.duration, event.event.end])).toEqual([
      [160, false], [320, false], [480, false], [640, false], [800, true], [800, true], [800, true],
    ]);
    expect(packets.map((packet) => packet.marker)).toEqual([true, false, false, false, false, false, false]);
    expect(packets.map((packet) => packet.slot)).toEqual([0, 1, 2, 3, 4, 4, 4]);
    expect(keyPressPackets('?')).toBeUndefined();
  });
});

describe('keys in the body of INFO', () => {
  it.each<[string, string, unknown]>([
    ['application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n', { digit: '5', durationMs: 160 }],
    ['Application/DTMF-Relay; x=y', ' Signal = * \n Duration= 99999999', { digit: '*' }],
    ['application/dtmf-relay', 'duration=9000\r\nsignal=a', { digit: 'A', durationMs: 8_000 }],
    ['application/dtmf-relay', 'Signal=10', { digit: '*' }],
    ['application/dtmf-relay', 'Signal=11\n', { digit: '#' }],
    ['application/dtmf-relay', 'Signal=16', undefined],
    ['application/dtmf-relay', 'Signal=17', undefined],
    ['application/dtmf-relay', 'Signal=hello', undefined],
    ['application/dtmf-relay', 'Duration=100', undefined],
    ['application/dtmf-relay', '', undefined],
    ['application/dtmf', ' 7\r\n', { digit: '7' }],
    ['application/dtmf', 'Signal=7', { digit: '7' }],
    ['text/plain', '7', undefined],
  ])('%s with %j is %j', (type, body, key) => {
    expect(relayedKey(type, body)).toEqual(key);
  });
});
