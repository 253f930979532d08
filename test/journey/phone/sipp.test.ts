import { IncomingPhoneCall, Phone } from '../../../src/phone';
import { gapReport } from '../../support/gap-report';
import { hasSipp, runSipp, startSipp } from '../../support/sipp';

(hasSipp() ? describe : describe.skip)('our phone and SIPp', () => {
  let phone: Phone;
  beforeEach(async () => {
    phone = await Phone.start({ user: 'ann' });
  });
  afterEach(() => phone.stop());

  const remote = () => ({ host: '127.0.0.1', port: phone.port });

  it('talk when SIPp calls, holds, resumes and hangs up', async () => {
    const incoming = phone.nextIncoming({ withinMs: 5_000 });
    const directions: string[] = [];
    const result = runSipp({ scenario: 'uac-hold-bye', remote: remote(), tone: 700, talkMs: 300 });
    const call = await incoming;
    call.on('reinvited', (direction) => directions.push(direction));
    call.ring();
    await call.answer({ play: { tone: 440 } });
    await call.audio.waitForTone(700, { withinMs: 3_000 });
    expect(await call.untilEnded({ withinMs: 5_000 })).toMatchObject({ by: 'them', status: 200 });
    expect(await result).toMatchObject({ exitCode: 0, successful: 1, failed: 0, callIds: [call.sipCallId] });
    expect(directions).toEqual(['sendonly', 'sendrecv']);
  });

  it('end the call of a SIPp that waits for our BYE', async () => {
    const incoming = phone.nextIncoming({ withinMs: 5_000 });
    const result = runSipp({ scenario: 'uac-until-bye', remote: remote() });
    const call = await incoming;
    await call.answer();
    await call.audio.waitForTone(350, { withinMs: 3_000 });
    await call.hangup();
    expect(await result).toMatchObject({ exitCode: 0, successful: 1 });
  });

  it('see SIPp cancel while we ring', async () => {
    const incoming = phone.nextIncoming({ withinMs: 5_000 });
    const result = runSipp({ scenario: 'uac-cancel', remote: remote(), talkMs: 50 });
    const call = await incoming;
    call.ring();
    expect(await call.untilEnded({ withinMs: 3_000 })).toMatchObject({ by: 'them', status: 487 });
    expect(await result).toMatchObject({ exitCode: 0, successful: 1 });
  });

  it('fail the scenario of a SIPp that expects an answer and is refused', async () => {
    phone.onIncoming((call) => call.reject(486));
    const result = await runSipp({ scenario: 'uac-bye', remote: remote() });
    expect(result).toMatchObject({ exitCode: 1, failed: 1 });
    expect(result.errors).toContain('486');
  });

  it('call an agent SIPp and hear its tone as one stream', async () => {
    const agent = await startSipp({ scenario: 'uas-agent', tone: 900, talkMs: 100 });
    const call = await phone.call(agent.uri, { play: { tone: 440 } });
    await call.untilRinging({ withinMs: 3_000 });
    await call.untilAnswered({ withinMs: 3_000 });
    await call.audio.waitForTone(900, { withinMs: 3_000 });
    expect(gapReport(call.audio)).toEqual([]);
    await call.hangup();
    expect(await agent.finished).toMatchObject({ exitCode: 0, successful: 1 });
  });

  it.each(['uas-agent', 'uac-until-bye'] as const)('hold and resume %s, which answers re-INVITEs', async (scenario) => {
    const incoming = scenario === 'uac-until-bye' ? phone.nextIncoming({ withinMs: 5_000 }) : undefined;
    const sipp = await startSipp(scenario === 'uas-agent' ? { scenario } : { scenario, remote: remote() });
    const call = await (incoming ?? phone.call(sipp.uri));
    if (call instanceof IncomingPhoneCall) await call.answer();
    await call.untilAnswered({ withinMs: 3_000 });
    await call.audio.waitForTone(350, { withinMs: 3_000 });
    expect(await call.hold()).toMatchObject({ outcome: 'answered', response: { status: 200 } });
    expect(await call.resume()).toMatchObject({ outcome: 'answered', response: { status: 200 } });
    await call.hangup();
    expect(await sipp.finished).toMatchObject({ exitCode: 0, successful: 1 });
  });

  it('hear an agent SIPp hang up', async () => {
    const agent = await startSipp({ scenario: 'uas-agent-bye', talkMs: 200 });
    const call = await phone.call(agent.uri);
    expect(await call.untilEnded({ withinMs: 5_000 })).toMatchObject({ by: 'them', status: 200 });
    expect(await agent.finished).toMatchObject({ exitCode: 0 });
  });

  it('hear that an agent SIPp is busy', async () => {
    const agent = await startSipp({ scenario: 'uas-busy' });
    const call = await phone.call(agent.uri);
    expect(await call.untilEnded({ withinMs: 3_000 })).toMatchObject({ by: 'them', status: 486 });
    expect(await agent.finished).toMatchObject({ exitCode: 0 });
  });

  it('give up on an agent SIPp that only rings', async () => {
    const agent = await startSipp({ scenario: 'uas-no-answer' });
    const call = await phone.call(agent.uri, { answerTimeoutMs: 300 });
    expect(await call.untilEnded({ withinMs: 3_000 })).toMatchObject({ by: 'us', status: 487 });
    expect(await agent.finished).toMatchObject({ exitCode: 0, successful: 1 });
  });

  it('carry ten calls at once', async () => {
    phone.onIncoming((call) => void call.answer({ play: { tone: 440 } }));
    const result = await runSipp({ scenario: 'uac-bye', remote: remote(), calls: 10, rate: 50, talkMs: 500 });
    expect(result).toMatchObject({ exitCode: 0, successful: 10, failed: 0 });
    expect(result.callIds).toHaveLength(10);
  });
});
