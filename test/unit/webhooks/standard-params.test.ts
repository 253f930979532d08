import { standardParams } from '../../../src/webhooks';

const call = {
  callSid: 'CA1', accountSid: 'AC1', from: '+15550100', to: '1000', status: 'ringing', direction: 'inbound',
};
const always = {
  CallSid: 'CA1', AccountSid: 'AC1', From: '+15550100', To: '1000', Caller: '+15550100', Called: '1000',
  CallStatus: 'ringing',
  ApiVersion: '2010-04-01', Direction: 'inbound',
};

// Contract 7.1.
describe('the standard parameters', () => {
  it('are these for every call', () => {
    expect(standardParams(call)).toEqual(always);
  });

  it('say what is known beyond that', () => {
    const sip = { callId: 'x@y', domain: 'a.example', sourceAddress: '192.0.2.1', headers: { 'X-Account-Id': '7' } };
    const more = { parentCallSid: 'CA0', callerName: 'Ann', forwardedFrom: '+15550199', sip };
    expect(standardParams({ ...call, ...more })).toEqual({
      ...always, ParentCallSid: 'CA0', CallerName: 'Ann', ForwardedFrom: '+15550199', SipCallId: 'x@y',
      SipDomain: 'a.example',
      SipSourceIp: '192.0.2.1', 'SipHeader_X-Account-Id': '7',
    });
  });
});
