import { DialRecording } from '../../../src/interpreter/dial/dial-recording';
import type { KeptRecording, MediaEndpoint, RecordingPlan } from '../../../src/media';
import type { WebhookRequest } from '../../../src/webhooks';
import { dialVerb, settle, stageCall } from './fake-call';

const PLACE = { sid: `RE${'1'.repeat(32)}`, accountSid: `AC${'a'.repeat(32)}`, path: '/media/r.wav', url: 'http://gateway.test/RE1' };
const KEPT: KeptRecording = {
  outcome: 'kept',
  recording: {
    sid: PLACE.sid, accountSid: PLACE.accountSid, callSid: 'CA1', source: 'DialVerb', track: 'both', startedAt: 0, durationMs: 2_600, channels: 2,
  },
};

function stageDial(attributes: string, kept: KeptRecording | Error = KEPT, start: 'starts' | 'refuses' = 'starts') {
  const plans: RecordingPlan[] = [];
  const asked: WebhookRequest[] = [];
  const trims: boolean[] = [];
  let stopped = 0;
  const stage = stageCall({
    recordings: {
      newPlace: () => Promise.resolve(PLACE),
      keep: (_place: unknown, _facts: unknown, trim: boolean) => {
        trims.push(trim);
        return kept instanceof Error ? Promise.reject(kept) : Promise.resolve(kept);
      },
    },
    webhooks: {
      request: (request: WebhookRequest) => {
        asked.push(request);
        return Promise.resolve({ outcome: 'response' });
      },
    },
  });
  const record = (plan: RecordingPlan): Promise<unknown> => {
    if (start === 'refuses') return Promise.reject(new Error('no disk'));
    plans.push(plan);
    return Promise.resolve({ ended: Promise.resolve(), stop: () => Promise.resolve(void (stopped += 1)) });
  };
  const endpoint = Object.assign(stage.endpoint, { record }) as unknown as MediaEndpoint;
  const recording = new DialRecording(dialVerb(`<Dial ${attributes}>1000</Dial>`), stage.context);
  const run = async (): Promise<unknown> => {
    await recording.ringing(endpoint);
    const whileRinging = plans.length;
    await recording.answered(endpoint);
    const params = await recording.finish();
    await settle();
    return { whileRinging, started: plans.length, stopped, params };
  };
  return { ...stage, plans, asked, trims, run, told: () => asked.map(({ params = {} }) => params['RecordingStatus']) };
}

const TOLD = { RecordingUrl: PLACE.url, RecordingSid: PLACE.sid, RecordingDuration: '3' };

describe('the recording of a Dial', () => {
  it.each([
    ['', { whileRinging: 0, started: 0, stopped: 0, params: {} }],
    ['record="record-from-answer"', { whileRinging: 0, started: 1, stopped: 1, params: TOLD }],
    ['record="record-from-ringing"', { whileRinging: 1, started: 1, stopped: 1, params: TOLD }],
    ['record="record-from-answer-dual"', { whileRinging: 0, started: 1, stopped: 1, params: TOLD }],
    ['record="record-from-ringing-dual"', { whileRinging: 1, started: 1, stopped: 1, params: TOLD }],
  ])('with %s begins in its time, and the action is told of it', async (attributes, expected) => {
    expect(await stageDial(attributes).run()).toEqual(expected);
  });

  it('has the channels, the track and the trim that were asked for', async () => {
    const dual = stageDial('record="record-from-answer-dual" trim="trim-silence"');
    const outbound = stageDial('record="true" recordingTrack="outbound"');
    await Promise.all([dual.run(), outbound.run()]);
    expect(dual.plans).toEqual([{ path: PLACE.path, isDual: true, track: 'both' }]);
    expect(outbound.plans).toEqual([{ path: PLACE.path, isDual: false, track: 'outbound' }]);
    expect([dual.trims, outbound.trims]).toEqual([[true], [false]]);
  });

  // Contract 7.3.
  it('tells its callback what it subscribed to, with the parameters of the contract', async () => {
    const stage = stageDial('record="record-from-answer-dual" recordingStatusCallback="/recorded" '
      + 'recordingStatusCallbackMethod="GET" recordingStatusCallbackEvent="in-progress completed absent"');
    await stage.run();
    expect(stage.told()).toEqual(['in-progress', 'completed']);
    expect(stage.asked.at(-1)).toMatchObject({ url: 'http://app.test/recorded', method: 'GET' });
    expect(stage.asked.at(-1)?.params).toEqual({
      AccountSid: PLACE.accountSid, CallSid: stage.call.sid, RecordingStatus: 'completed', ...TOLD, RecordingChannels: '2',
      RecordingStartTime: 'Tue, 14 Nov 2023 22:13:20 +0000', RecordingSource: 'DialVerb', RecordingTrack: 'both', ErrorCode: '0',
    });
  });

  it('tells of the end alone when nothing else was asked for', async () => {
    const stage = stageDial('record="true" recordingStatusCallback="/recorded"');
    await stage.run();
    expect(stage.told()).toEqual(['completed']);
  });

  it('of nothing is absent: no parameters, and the callback is told when it wants to be', async () => {
    const stage = stageDial('record="true" recordingStatusCallback="/recorded" recordingStatusCallbackEvent="absent"', { outcome: 'absent' });
    expect(await stage.run()).toMatchObject({ params: {} });
    expect(stage.told()).toEqual(['absent']);
    expect(stage.facts.at(-1)).toMatchObject({ type: 'recording.ended', status: 'absent' });
  });

  it.each([['cannot be started', KEPT, 'refuses'], ['cannot be kept', new Error('no disk'), 'starts']] as const)(
    'that %s is an alert, and the two talk all the same', async (_what, kept, start) => {
      const stage = stageDial('record="true"', kept, start);
      expect(await stage.run()).toMatchObject({ params: {} });
      expect(stage.alerts).toMatchObject([{ code: 13618 }]);
      expect(stage.reports).toEqual([expect.stringContaining('no disk')]);
    });
});
