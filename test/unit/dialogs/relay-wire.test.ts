import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import type { FrameWire } from '../../../src/dialogs/gate-frames';
import { RelayWire } from '../../../src/dialogs/relay-wire';

/** drachtio-srf's wire to a relay, or to drachtio-server. */
function connected(mark: string) {
  // What is said to it goes nowhere.
  const socket = new Socket().on('error', () => undefined);
  let lastId = 0;
  const wire: FrameWire = Object.assign(new EventEmitter(), { send: () => `m${(lastId += 1)}` });
  const relay = new RelayWire(wire, 'gateway');
  const passed: string[] = [];
  wire.on('msg', (_socket, message) => passed.push(message));
  wire.send(socket, 'authenticate|secret|');
  wire.emit('msg', socket, `x|response|m1|OK|udp/127.0.0.1:5060|v0.9.10|local${mark}`);
  const hear = (message: string): string[] => {
    passed.length = 0;
    wire.emit('msg', socket, message);
    return [...passed];
  };
  return { relay, hear };
}

// While a release is rolled out a relay may be newer than its gateways.
describe('words of a relay', () => {
  const known = ['y|sip|network|rest\r\nINVITE sip:a SIP/2.0\r\n\r\n', 'y|cdr:start|network|time|role\r\nINVITE sip:a SIP/2.0\r\n\r\n'];

  it('that are drachtio-server\'s go on to drachtio-srf; those that nobody knows yet do not, for it would throw', () => {
    const { relay, hear } = connected('|holdfast-relay');
    const events: unknown[] = [];
    for (const event of ['gateway-up', 'gateway-down', 'dialog-lost', 'draining', 'predecessor'] as const) relay.on(event, () => events.push(event));
    expect(known.map(hear)).toEqual(known.map((message) => [message]));
    for (const word of ['y|weather|sunny', 'y|gateway|tired|one', 'y|dialog|found|d|1', 'y|relay|happy']) expect(hear(word)).toEqual([]);
    expect(events).toEqual([]);
    hear('y|gateway|up|one|of|a|newer|version');
    expect(events).toEqual(['gateway-up']);
  });

  it('are not looked for when drachtio-server is at the other end', () => {
    const { relay, hear } = connected('');
    expect([relay.relayed, hear('y|weather|sunny')]).toEqual([false, ['y|weather|sunny']]);
  });
});
