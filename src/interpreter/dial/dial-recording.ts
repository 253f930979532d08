import { messageOf } from '../../lib';
import type { ChannelRecording, MediaEndpoint, RecordingPlace } from '../../media';
import type { DialVerb, RecordingEvent } from '../../twiml';
import type { WebhookParams } from '../../webhooks';
import { resolveUrl } from '../resolve-url';
import { rfc2822 } from '../status-reporter';
import type { VerbContext } from '../verb-context';

interface Running {
  readonly place: RecordingPlace;
  readonly recording: ChannelRecording;
  readonly startedAt: number;
}

const COMPLETE: ChannelRecording = { ended: Promise.resolve(), stop: () => Promise.resolve() };

/** `record` of a `<Dial>`: one recording of the caller's leg, begun when the document says, ended with the Dial (contracts/twilio 5.9, 7.3). */
export class DialRecording {
  readonly #verb: DialVerb;
  readonly #context: VerbContext;
  #running: Running | undefined;
  #told: Promise<void> = Promise.resolve();

  constructor(verb: DialVerb, context: VerbContext) {
    this.#verb = verb;
    this.#context = context;
    const { call, resumed } = context;
    const before = resumed && (call.verbState['recording'] as Omit<Running, 'recording'> | undefined);
    // It goes on at the media server whichever gateway looks after it; of a call that is over, the file is complete.
    if (before) this.#running = { ...before, recording: call.endpoint?.resumeRecording(before.place.path) ?? COMPLETE };
  }

  /** Somebody is rung: what the caller hears of it is recorded when the document wants that. Never rejects. */
  async ringing(endpoint: MediaEndpoint): Promise<void> {
    if (this.#verb.record.startsWith('record-from-ringing')) await this.#start(endpoint);
  }

  /** Somebody answered and is about to be bridged. Never rejects. */
  async answered(endpoint: MediaEndpoint): Promise<void> {
    if (this.#verb.record !== 'do-not-record') await this.#start(endpoint);
  }

  /** Ends it; the parameters of the Dial's action request, none when nothing was recorded. Never rejects. */
  async finish(): Promise<WebhookParams> {
    const running = this.#running;
    if (!running) return {};
    this.#running = undefined;
    const { call, ports } = this.#context;
    const { place, recording, startedAt } = running;
    try {
      await recording.stop();
      const facts = { callSid: call.sid, source: 'DialVerb' as const, track: this.#verb.recordingTrack, startedAt };
      const kept = await ports.recordings.keep(place, facts, this.#verb.trim === 'trim-silence');
      if (kept.outcome === 'absent') {
        call.state('recording.ended', { recordingSid: place.sid, status: 'absent', durationMs: 0 });
        this.#tell('absent', running);
        return {};
      }
      const { durationMs, channels } = kept.recording;
      call.state('recording.ended', { recordingSid: place.sid, status: 'completed', durationMs });
      const told = { RecordingUrl: place.url, RecordingSid: place.sid, RecordingDuration: String(Math.round(durationMs / 1_000)) };
      call.recording = told;
      this.#tell('completed', running, { ...told, RecordingChannels: String(channels) });
      return told;
    } catch (error) {
      this.#failed(error);
      this.#tell('absent', running, { ErrorCode: '13618' });
      return {};
    }
  }

  async #start(endpoint: MediaEndpoint): Promise<void> {
    if (this.#running) return;
    const { call, ports, account } = this.#context;
    const { record, recordingTrack: track } = this.#verb;
    try {
      const place = await ports.recordings.newPlace(account.sid);
      const recording = await endpoint.record({ path: place.path, isDual: record.endsWith('-dual'), track });
      this.#running = { place, recording, startedAt: ports.clock.now() };
      call.noteVerbState({ recording: { place, startedAt: this.#running.startedAt } });
      call.state('recording.started', { recordingSid: place.sid });
      this.#tell('in-progress', this.#running);
    } catch (error) {
      // The two parties matter more than the recording of what they say.
      if (!endpoint.gone) this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    const { call, ports, alert } = this.#context;
    ports.report(call, `the recording of a Dial failed: ${messageOf(error)}`);
    alert({ code: 13618, message: 'the recording could not be made or kept' });
  }

  /** Tells the recording's status callback, each after the one before; the program does not wait for it. */
  #tell(status: RecordingEvent, { place, startedAt }: Running, more: WebhookParams = {}): void {
    const { call, ports, account } = this.#context;
    const { recordingStatusCallback, recordingStatusCallbackEvent, recordingStatusCallbackMethod: method, recordingTrack } = this.#verb;
    if (!recordingStatusCallback || !recordingStatusCallbackEvent.includes(status)) return;
    const url = resolveUrl(this.#context, recordingStatusCallback);
    if (!url) return;
    const params = {
      AccountSid: account.sid, CallSid: call.sid, RecordingSid: place.sid, RecordingStatus: status, RecordingSource: 'DialVerb',
      RecordingTrack: recordingTrack, RecordingStartTime: rfc2822(startedAt), ErrorCode: '0', ...more,
    };
    const tell = async (): Promise<void> => {
      const { sid: accountSid, authToken } = account;
      const answer = await ports.webhooks.request({ accountSid, authToken, url, method, params, callSid: call.sid });
      if (answer.outcome === 'failed') ports.alert(call, { code: 15003, message: answer.message, url, ...answer.evidence });
    };
    this.#told = this.#told.then(tell).catch((error: unknown) => ports.report(call, `a recording callback failed: ${messageOf(error)}`));
  }
}
