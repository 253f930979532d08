import type { InviteBody } from '../../../src/dialogs';
import { refuseRequest, type RequestFacts } from '../../../src/signaling/refuse-request';

const UNSUPPORTED: InviteBody = { outcome: 'unsupported', headers: { Accept: 'application/sdp' } };

function refusal(headers: Readonly<Record<string, string>> = {}, facts: Partial<RequestFacts> = {}): ReturnType<typeof refuseRequest> {
  return refuseRequest({
    version: '2.0', requestUri: 'sip:1000@gateway.example', body: { outcome: 'none' }, header: (name) => headers[name], ...facts,
  });
}

describe('an INVITE that cannot be taken', () => {
  it.each<[what: string, headers: Readonly<Record<string, string>>, facts: Partial<RequestFacts>]>([
    ['sip', {}, {}],
    ['sips', {}, { requestUri: 'SIPS:1000@gateway.example' }],
    ['tel', {}, { requestUri: 'tel:+1-555-0100' }],
    ['extensions that we have', { Require: '100rel, Timer,uui' }, {}],
    ['hops left', { 'Max-Forwards': '1' }, {}],
    ['no Max-Forwards', {}, {}],
    ['Accept with SDP', { Accept: 'text/plain, Application/SDP;level=1' }, {}],
    ['Accept of anything', { Accept: '*/*;q=0.1' }, {}],
    ['an offer', {}, { body: { outcome: 'offer', sdp: 'v=0' } }],
    // A proxy's matter (RFC 3261 section 20.29).
    ['Proxy-Require', { 'Proxy-Require': 'nothing-you-know' }, {}],
  ])('is not one with %s', (_what, headers, facts) => {
    expect(refusal(headers, facts)).toBeUndefined();
  });

  it.each<[status: number, what: string, answer: unknown, headers: Readonly<Record<string, string>>, facts: Partial<RequestFacts>]>([
    [505, 'another version', {}, {}, { version: '3.0' }],
    [416, 'an unknown scheme', {}, {}, { requestUri: 'http://gateway.example/' }],
    [400, 'no scheme', {}, {}, { requestUri: '1000' }],
    [400, 'a malformed address', {}, {}, { requestUri: 'sip:1000@' }],
    [483, 'no hop left', {}, { 'Max-Forwards': ' 0' }, {}],
    [420, 'unknown extensions, and only those are named', { Unsupported: 'precondition, x' }, { Require: 'precondition, 100rel, x' }, {}],
    [415, 'a body that cannot be read', { Accept: 'application/sdp' }, { 'Content-Type': 'text/plain' }, { body: UNSUPPORTED }],
    [406, 'an Accept without SDP', { Accept: 'application/sdp' }, { Accept: 'text/plain, application/isup' }, {}],
    [406, 'an Accept of nothing', { Accept: 'application/sdp' }, { Accept: '' }, {}],
  ])('%d: %s', (status, _what, answer, headers, facts) => {
    expect(refusal(headers, facts)).toMatchObject({ status, headers: answer });
  });

  it('is refused for the first reason in the order of RFC 3261 section 8.2', () => {
    const everything = { 'Max-Forwards': '0', Require: 'x', Accept: 'text/plain' };
    const all = { version: '1.0', requestUri: 'x:y', body: UNSUPPORTED };
    expect(refusal(everything, all)?.status).toBe(505);
    expect(refusal(everything, { ...all, version: '2.0' })?.status).toBe(416);
    expect(refusal(everything, { body: UNSUPPORTED })?.status).toBe(483);
    expect(refusal({ ...everything, 'Max-Forwards': '70' }, { body: UNSUPPORTED })?.status).toBe(420);
    expect(refusal({ Accept: 'text/plain' }, { body: UNSUPPORTED })?.status).toBe(415);
  });
});
