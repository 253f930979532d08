import { inDialogHops } from '../../../src/dialogs/in-dialog-hop';
import { sessionTimerAnswer } from '../../../src/dialogs/session-timer';

const headers = (given: Readonly<Record<string, string>>): { get: (name: string) => string | undefined } => ({ get: (name) => given[name] });

describe('the answer to a wish for a session timer', () => {
  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['leaves refreshing to the caller', { 'Session-Expires': '1800', Supported: '100rel, timer' },
      { 'Session-Expires': '1800;refresher=uac', Require: 'timer' }],
    ['takes the refresher asked for', { 'Session-Expires': '600 ; refresher=UAS', Supported: 'timer' }, { 'Session-Expires': '600;refresher=uas' }],
    ['is none for a caller who knows no timers', { 'Session-Expires': '1800', Supported: 'timers, 100rel' }, {}],
    ['is none for less than RFC 4028 allows', { 'Session-Expires': '89', Supported: 'timer' }, {}],
    ['is none for what is no number', { 'Session-Expires': '1e9', Supported: 'timer' }, {}],
    ['is none where nobody asked', { Supported: 'timer' }, {}],
  ])('%s', (_name, request, expected) => {
    expect(sessionTimerAnswer(headers(request))).toEqual(expected);
  });
});

describe('where requests go after the answer to our INVITE', () => {
  it.each<[string, string | undefined, string[]]>([
    ['to its source', undefined, ['sip:198.51.100.7']],
    ['to the last recorded route, the first one seen from us', '<sip:203.0.113.1;lr>, <sip:a@192.0.2.9:5070;lr;x=",">',
      ['sip:198.51.100.7', 'sip:a@192.0.2.9:5070;lr;x=","']],
    ['nowhere known when the route cannot be read', '<urn:x>', ['sip:198.51.100.7', 'sip:unreadable.invalid']],
  ])('%s', (_name, recorded, expected) => {
    const response = { ...headers(recorded === undefined ? {} : { 'Record-Route': recorded }), source_address: '198.51.100.7' };
    expect(inDialogHops(response)).toEqual(expected);
  });

  it('brackets of an IPv6 source are kept', () => {
    expect(inDialogHops({ ...headers({}), source_address: '[2001:db8::1]' })).toEqual(['sip:[2001:db8::1]']);
  });
});
