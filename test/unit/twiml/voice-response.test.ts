import { twiml } from 'twilio';
import { parseDocument } from '../../../src/twiml';

/** What the official library writes must be read back without a warning. */
describe('documents of the official library', () => {
  it('are read as they were meant', () => {
    const response = new twiml.VoiceResponse();
    response.say({ voice: 'Polly.Amy', language: 'en-GB', loop: 2 }, 'Fish & <chips> "now"');
    const gather = response.gather({ input: ['dtmf'], action: '/menu?a=1&b=2', numDigits: 1, timeout: 0, finishOnKey: '' });
    gather.say('Press one');
    gather.pause({ length: 3 });
    gather.play({ loop: 0 }, 'https://a.example/x.wav');
    response.enqueue({ waitUrl: '', action: '', maxQueueSize: 3, method: 'GET' }, 'support');
    const dial = response.dial({ timeout: 10, answerOnBridge: true, callerId: '+15550100' });
    dial.number({ url: '/w', statusCallbackEvent: ['initiated', 'answered'], statusCallback: '/s' }, '+15550101');
    dial.sip({ username: 'u', password: 'p' }, 'sip:joe@b.example?X-A=1&X-B=2');
    response.dial().queue({ url: '/whisper' }, 'support');
    response.leave();
    response.redirect({ method: 'GET' }, '/next');
    response.reject({ reason: 'busy' });
    response.hangup();
    const result = parseDocument(response.toString());
    if (!result.ok) throw new Error(result.message);
    expect(result.warnings).toEqual([]);
    expect(result.document.verbs).toMatchObject([
      { name: 'Say', voice: 'Polly.Amy', language: 'en-GB', loop: 2, text: 'Fish & <chips> "now"' },
      {
        name: 'Gather', input: ['dtmf'], action: '/menu?a=1&b=2', numDigits: 1, timeout: 0, finishOnKey: '',
        children: [{ name: 'Say' }, { name: 'Pause', length: 3 }, { name: 'Play', loop: 0, url: 'https://a.example/x.wav' }],
      },
      { name: 'Enqueue', queueName: 'support', waitUrl: '', action: '', maxQueueSize: 3, method: 'GET', fault: undefined },
      {
        name: 'Dial', timeout: 10, answerOnBridge: true, callerId: '+15550100',
        nouns: [
          { name: 'Number', number: '+15550101', url: '/w', statusCallbackEvent: ['initiated', 'answered'] },
          { name: 'Sip', uri: 'sip:joe@b.example', headers: [{ name: 'X-A', value: '1' }, { name: 'X-B', value: '2' }] },
        ],
      },
      { name: 'Dial', nouns: [{ name: 'Queue', queueName: 'support', url: '/whisper' }] },
      { name: 'Leave' },
      { name: 'Redirect', method: 'GET', url: '/next' },
      { name: 'Reject', reason: 'busy' },
      { name: 'Hangup' },
    ]);
  });
});
