import type { Worker } from 'node:worker_threads';
import { type Deferred, deferred, newUuid } from '../../../lib';
import { startThread } from '../worker-thread';
import type {
  Clip, EngineCommand, EngineReport, RecordEnd, RecordPlan, Segment, StreamCounters, StreamPlan,
} from './engine-messages';
import { PortPool } from './port-pool';

export interface RtpEngineOptions {
  /** Address the sockets are bound to. */
  readonly address: string;
  readonly portMin: number;
  readonly portMax: number;
  readonly workers: number;
  /** Time between RTCP reports; 0 sends none. */
  readonly rtcpIntervalMs: number;
  /** A worker thread died, and with it the audio of its channels. */
  readonly onFailure: (error: Error) => void;
}

export type StreamOpening =
  | { readonly outcome: 'opened'; readonly port: number }
  /** All ports of the range are in use. */
  | { readonly outcome: 'no-port' };

export interface PlayResult {
  readonly samples: number;
  readonly stopped: boolean;
}

export interface StartedPlay {
  readonly playId: string;
  readonly ended: Promise<PlayResult>;
}

export interface RecordResult {
  readonly end: RecordEnd;
  readonly samples: number;
  readonly message?: string;
}

export interface StreamListener {
  /** `duration` in samples at 8 kHz. */
  digit(digit: string, duration: number): void;
  mediaTimedOut(): void;
}

interface OpenStream {
  readonly worker: Worker;
  readonly listener: StreamListener;
  readonly port: number;
  readonly plays: Map<string, Deferred<PlayResult>>;
  readonly records: Map<string, Deferred<RecordResult>>;
  relayTo: string | undefined;
}

/**
 * The main thread's side of the RTP workers: hands out ports, spreads streams over workers, matches reports to
 * requests.
 */
export class RtpEngine {
  readonly #options: RtpEngineOptions;
  readonly #ports: PortPool;
  readonly #workers: Worker[] = [];
  readonly #streams = new Map<string, OpenStream>();
  readonly #openings = new Map<string, Deferred<Extract<EngineReport, { type: 'opened' | 'open-failed' }>>>();
  /** Recordings of streams that are closed, until their files are. */
  readonly #closing = new Map<string, Deferred<RecordResult>>();
  readonly #measures = new Map<string, Deferred<StreamCounters>>();
  #nextWorker = 0;
  #stopping = false;

  constructor(options: RtpEngineOptions) {
    this.#options = options;
    this.#ports = new PortPool(options.portMin, options.portMax);
  }

  start(): void {
    for (let i = 0; i < this.#options.workers; i += 1) {
      const worker = startThread('rtp/rtp-worker');
      worker.on('message', (message: EngineReport) => this.#onReport(message));
      worker.on('error', (error: Error) => {
        if (!this.#stopping) this.#options.onFailure(error);
      });
      this.#workers.push(worker);
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#workers.map(async (worker) => {
      const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      worker.postMessage({ type: 'stop' } satisfies EngineCommand);
      await exited;
    }));
  }

  /** Makes a shared stream known to all workers. */
  tuneRadio(name: string, clips: readonly Clip[]): void {
    for (const worker of this.#workers) worker.postMessage({ type: 'radio', name, clips } satisfies EngineCommand);
  }

  /** Binds the next port that the operating system gives; ports taken by others are skipped. */
  async open(id: string, listener: StreamListener): Promise<StreamOpening> {
    const worker = this.#workers[this.#nextWorker];
    this.#nextWorker = (this.#nextWorker + 1) % this.#workers.length;
    for (let tries = this.#ports.size; worker && tries > 0; tries -= 1) {
      const port = this.#ports.take();
      if (port === undefined) break;
      const opening = deferred<Extract<EngineReport, { type: 'opened' | 'open-failed' }>>();
      this.#openings.set(id, opening);
      const { address, rtcpIntervalMs } = this.#options;
      worker.postMessage({ type: 'open', id, address, port, rtcpIntervalMs } satisfies EngineCommand);
      const report = await opening.promise;
      if (report.type === 'opened') {
        this.#streams.set(id, { worker, listener, port, plays: new Map(), records: new Map(), relayTo: undefined });
        return { outcome: 'opened', port };
      }
      this.#ports.giveBack(port);
    }
    return { outcome: 'no-port' };
  }

  configure(id: string, plan: StreamPlan): void {
    this.#send({ type: 'configure', id, plan });
  }

  /** Ends the stream; what plays and records on it is reported as stopped. */
  close(id: string): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    this.#send({ type: 'close', id });
    this.#streams.delete(id);
    this.#ports.giveBack(stream.port);
    for (const play of stream.plays.values()) play.resolve({ samples: 0, stopped: true });
    for (const other of this.#streams.values()) if (other.relayTo === id) other.relayTo = undefined;
    // recordings report by themselves once their files are closed
    for (const [recordId, record] of stream.records) this.#closing.set(recordId, record);
  }

  /** Starts a playback; `level` orders it among those of its channel. Returns its id and its end. */
  play(id: string, segments: readonly Segment[], loops: number, level: number): StartedPlay {
    const playId = newUuid();
    const ended = deferred<PlayResult>();
    const stream = this.#streams.get(id);
    if (stream) {
      stream.plays.set(playId, ended);
      this.#send({ type: 'play', id, playId, segments, loops, level });
    } else ended.resolve({ samples: 0, stopped: true });
    return { playId, ended: ended.promise };
  }

  stopPlay(id: string, playId: string): void {
    this.#send({ type: 'stop-play', id, playId });
  }

  record(id: string, recordId: string, plan: RecordPlan): Promise<RecordResult> {
    const stream = this.#streams.get(id);
    if (!stream) return Promise.resolve({ end: 'failed', samples: 0, message: 'the channel is gone' });
    const ended = deferred<RecordResult>();
    stream.records.set(recordId, ended);
    this.#send({ type: 'record', id, recordId, plan });
    return ended.promise;
  }

  stopRecord(id: string, recordId: string): void {
    this.#send({ type: 'stop-record', id, recordId });
  }

  /** Both hear each other from the next frame on. */
  bridge(a: string, b: string): void {
    const [one, other] = [this.#streams.get(a), this.#streams.get(b)];
    if (!one || !other) return;
    if (one.worker !== other.worker) {
      one.relayTo = b;
      other.relayTo = a;
    }
    this.#send({ type: 'bridge', id: a, partner: b });
    this.#send({ type: 'bridge', id: b, partner: a });
  }

  unbridge(id: string): void {
    const stream = this.#streams.get(id);
    if (stream) stream.relayTo = undefined;
    this.#send({ type: 'unbridge', id });
  }

  /** `w` as digit is a pause. */
  press(id: string, digit: string, durationMs: number): void {
    this.#send({ type: 'press', id, digit, durationMs });
  }

  mute(id: string, side: 'read' | 'write', muted: boolean): void {
    this.#send({ type: 'mute', id, side, muted });
  }

  watchMedia(id: string, timeoutMs: number): void {
    this.#send({ type: 'media-timeout', id, timeoutMs });
  }

  /** Undefined when the stream is gone. */
  async measure(id: string): Promise<StreamCounters | undefined> {
    if (!this.#streams.has(id)) return undefined;
    const requestId = newUuid();
    const measured = deferred<StreamCounters>();
    this.#measures.set(requestId, measured);
    this.#send({ type: 'measure', id, requestId });
    return measured.promise;
  }

  #send(command: EngineCommand & { readonly id: string }): void {
    this.#streams.get(command.id)?.worker.postMessage(command);
  }

  #onReport(report: EngineReport): void {
    switch (report.type) {
      case 'opened':
      case 'open-failed':
        this.#openings.get(report.id)?.resolve(report);
        this.#openings.delete(report.id);
        return;
      case 'played': {
        const plays = this.#streams.get(report.id)?.plays;
        plays?.get(report.playId)?.resolve({ samples: report.samples, stopped: report.stopped });
        plays?.delete(report.playId);
        return;
      }
      case 'recorded': {
        const records = this.#streams.get(report.id)?.records ?? this.#closing;
        const record = records.get(report.recordId) ?? this.#closing.get(report.recordId);
        record?.resolve(report);
        records.delete(report.recordId);
        this.#closing.delete(report.recordId);
        return;
      }
      case 'digit':
        this.#streams.get(report.id)?.listener.digit(report.digit, report.duration);
        return;
      case 'timed-out':
        this.#streams.get(report.id)?.listener.mediaTimedOut();
        return;
      case 'relay': {
        const partner = this.#streams.get(report.id)?.relayTo;
        if (partner) this.#send({ type: 'relayed', id: partner, codec: report.codec, bytes: report.bytes });
        return;
      }
      case 'measured':
        this.#measures.get(report.requestId)?.resolve(report.counters);
        this.#measures.delete(report.requestId);
        return;
      case 'stopped':
    }
  }
}
