import { addressOf, callerOf } from '../../../src/signaling/inbound-caller';

const FROM = '"Somebody" <sip:+15550100@carrier.example>;tag=1';

const caller = (headers: Readonly<Record<string, string>>, trusted = true): ReturnType<typeof callerOf> =>
  callerOf((name) => ({ From: FROM, ...headers })[name], trusted);

describe('who calls', () => {
  it.each([
    ['sip:+15550100@carrier.example;user=phone', '+15550100'],
    ['sip:1000@gateway.example:5070', '1000'],
    ['sip:%2B15550100@carrier.example', '+15550100'],
    ['sip:+15550100;npdi;rn=+15559@carrier.example;user=phone', '+15550100'],
    ['tel:+1-(555)-0100', '+15550100'],
    ['sip:+1-555-0100@carrier.example;user=phone', '+15550100'],
    ['sip:alice@office.example.com:5070;transport=tcp', 'sip:alice@office.example.com'],
    ['sips:alice@office.example.com', 'sips:alice@office.example.com'],
    ['sip:12-34@office.example.com', 'sip:12-34@office.example.com'],
    ['sip:office.example.com', 'sip:office.example.com'],
    ['http://office.example.com', 'http://office.example.com'],
  ])('%s is reported as %s', (uri, reported) => {
    expect(addressOf(uri)).toBe(reported);
  });

  it('is in From', () => {
    expect(caller({})).toEqual({ from: '+15550100', callerName: 'Somebody' });
    expect(caller({ From: 'broken <' })).toEqual({ from: 'broken <' });
  });

  it('is in the first P-Asserted-Identity with a user, with its name or that of From', () => {
    expect(caller({ 'P-Asserted-Identity': '"Real" <sip:+15550111@carrier.example>, <tel:+15550112>' }))
      .toEqual({ from: '+15550111', callerName: 'Real' });
    expect(caller({ 'P-Asserted-Identity': '<sip:carrier.example>, <tel:+15550112>' }))
      .toEqual({ from: '+15550112', callerName: 'Somebody' });
    expect(caller({ 'P-Asserted-Identity': '<nonsense>' })).toEqual({ from: '+15550100', callerName: 'Somebody' });
  });

  it.each(['id', 'user', 'none;id', 'header; ID ;critical', 'user,id'])('stays unknown with Privacy: %s', (privacy) => {
    expect(caller({ 'P-Asserted-Identity': '<tel:+15550111>', Privacy: privacy })).toEqual({ from: 'anonymous' });
  });

  it('is known with a privacy that is not the caller\'s', () => {
    expect(caller({ Privacy: 'none' }).from).toBe('+15550100');
    expect(caller({ Privacy: 'history;session' }).from).toBe('+15550100');
  });

  it('stays unknown with an anonymous From, on every trunk and whatever else is said', () => {
    for (const From of ['"Anonymous" <sip:anonymous@anonymous.invalid>', '<sip:c8oqz84zk7z@anonymous.invalid>', '<sip:Anonymous@10.0.0.1>']) {
      expect(caller({ From, 'P-Asserted-Identity': '<tel:+15550111>' })).toEqual({ from: 'anonymous' });
      expect(caller({ From }, false)).toEqual({ from: 'anonymous' });
    }
  });

  it.each([
    ['the topmost Diversion', { Diversion: '<sip:+15550122@a>;reason=busy, <sip:+15550133@b>' }, '+15550122'],
    ['one that is not hidden', { Diversion: '<sip:+15550122@a>;privacy="off"' }, '+15550122'],
    ['not one that is hidden', { Diversion: '<sip:+15550122@a>;privacy=full' }, undefined],
    ['not one whose URI is hidden', { Diversion: '<sip:+15550122@a>;privacy="uri"' }, undefined],
    ['the entry before the last retargeting', { 'History-Info': '<sip:a@x>;index=1, <sip:b@x;cause=302>;index=1.1' }, 'sip:a@x'],
    ['the entry that was mapped', { 'History-Info': '<tel:+15550140>;index=1, <sip:b@x>;index=1.1, <sip:c@x>;index=1.2;mp=1' }, '+15550140'],
    ['the last of several', { 'History-Info': '<sip:a@x>;index=1, <sip:b@x;cause=302>;index=1.1, <sip:c@x;cause=486>;index=1.1.1' }, 'sip:b@x'],
    ['nobody where nothing was retargeted', { 'History-Info': '<sip:a@x>;index=1, <sip:b@x>;index=1.1;rc=1' }, undefined],
    ['nobody who is hidden in the history', { 'History-Info': '<sip:a@x?Privacy=history>;index=1, <sip:b@x;cause=302>;index=1.1' }, undefined],
    ['nobody when the whole history is hidden', { Privacy: 'history', 'History-Info': '<sip:a@x>;index=1, <sip:b@x;cause=302>;index=1.1' }, undefined],
    ['who was, with the reason among the headers', { 'History-Info': '<sip:a@x?Reason=SIP%3Bcause%3D486>;index=1, <sip:b@x;cause=486>;index=1.1' }, 'sip:a@x'],
    ['nobody in an empty history', { 'History-Info': ', ;' }, undefined],
  ])('forwarded by: %s', (_what, headers, forwardedFrom) => {
    expect(caller(headers).forwardedFrom).toBe(forwardedFrom);
  });

  it('is what From says, and nothing else, where the trunk is not trusted', () => {
    const headers = { 'P-Asserted-Identity': '<tel:+15550111>', Privacy: 'id', Diversion: '<tel:+15550122>', 'History-Info': '<tel:+1>;index=1, <tel:+2>;mp=1' };
    expect(caller(headers, false)).toEqual({ from: '+15550100', callerName: 'Somebody' });
  });
});
