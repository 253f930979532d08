import {
  contactUriOf, createResponse, parseMessage, parseUri, requestFault, serialiseMessage, sipLimits, StreamFramer,
} from '../../../src/protocol/sip';
import { CorpusCount } from '../../support/corpus-count';
import { quickestMs } from '../../support/quickest';

/** What a careless pattern tries again at each of a thousand places. */
const pieces = [
  ' ', '\t', '"', '\\', '<', '>', ';', ',', 'a', '0', '=', '@', ':', '[', ' a', '" ', '\\"', '<>', ';a=', ', ', 'a,', ';;', ',;',
  '%', ' /', 'SIP/', 'sip:', '1 ', '\r\n ', '<sip:', '\u00e9',
];
const tails = ['', '!', '"', '>', ' SIP/2.0', '\rX'];
const whole: Readonly<Record<string, string>> = {
  Via: 'SIP/2.0/UDP h;branch=z9hG4bKx', From: '<sip:a@b>;tag=1', To: '<sip:c@d>', 'Call-ID': 'x', CSeq: '1 INVITE',
  Contact: '<sip:e@f>', Require: 'a', 'Record-Route': '<sip:a;lr>', 'Content-Length': '0',
};
/** Beginnings of a value, from which the pieces go on. */
const beginnings: Readonly<Record<string, readonly string[]>> = {
  '': ['INVITE ', 'INVITE sip:a@', 'SIP/2.0 ', 'SIP/2.0 183 ', ''], Via: ['', 'SIP/2.0/UDP h', 'SIP/2.0/UDP h;'],
  From: ['', '"', '<sip:a'], To: ['', '"', 'a '], CSeq: ['1', '1 I'], Contact: ['', '"', '<sip:'], 'Content-Length': [''],
};
const limitMs = 25;

function messageWith(name: string, value: string): Buffer {
  const lines = Object.entries({ ...whole, ...(name === '' ? {} : { [name]: value }) }).map(([key, text]) => `${key}: ${text}`);
  return Buffer.from([name === '' ? value : 'INVITE sip:x@y SIP/2.0', ...lines, '', ''].join('\r\n'));
}

/** Everything that is done with a message before anybody is asked. */
function read(bytes: Buffer): void {
  const parsed = parseMessage(bytes);
  const message = parsed.ok ? parsed.message : parsed.refused?.request;
  if (message?.kind === 'request') {
    requestFault(message);
    parseUri(message.uri);
    contactUriOf(message);
    serialiseMessage(createResponse(message, 200, { toTag: 't' }));
  }
  new StreamFramer().push(bytes);
}

describe('a value made to take long', () => {
  it.each([sipLimits.headerLineChars - 200, 60_000])(`of %s characters is read within ${limitMs} ms`, (length) => {
    let count = 0;
    for (const [name, starts] of Object.entries(beginnings)) {
      for (const start of starts) {
        for (const piece of pieces) {
          for (const tail of tails) {
            const bytes = messageWith(name, start + piece.repeat(Math.floor(length / piece.length)) + tail);
            const ms = quickestMs(() => read(bytes), limitMs);
            const what = `${name}: ${start}(${JSON.stringify(piece)} ...)${JSON.stringify(tail)}`;
            if (ms > limitMs) throw new Error(`${what} took ${ms} ms`);
            count += 1;
          }
        }
      }
    }
    expect(count).toBeGreaterThan(3_000);
    const told = new CorpusCount('sip-mutations');
    told.add(`values of ${length} characters made to take long, each read within ${limitMs} ms`, count);
    told.print();
  });
});
