import { callReasonHeaders } from '../../../src/signaling/call-reason';

describe('the reason of a call', () => {
  // RFC 9796 section 6; a quoted string of RFC 3261 section 25.1.
  it.each([
    ['Your parcel', 'Your parcel'], ['"quoted" \\ slash', '\\"quoted\\" \\\\ slash'], ['a\r\nVia: b', 'a  Via: b'], ['caf\u00e9', 'caf\u00e9'],
    ['\ud800', '\ufffd'],
  ])('%j is one parameter of Call-Info', (reason, quoted) => {
    expect(callReasonHeaders(reason)).toEqual({ 'Call-Info': `<data:,>;purpose=jcard;call-reason="${quoted}"` });
  });

  it('has no header where there is none', () => {
    expect(callReasonHeaders(undefined)).toEqual({});
  });
});
