import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWavSamples } from '../../src/phone';
import { ChildProgram } from './child-program';
import { eventually } from './eventually';
import { freePorts } from './free-ports';
import { encodeNetstring, NetstringReader } from './netstring';

/** Debian's baresip-core: a phone nobody here wrote. */
export const hasBaresip = (): boolean => existsSync('/usr/bin/baresip');

export interface BaresipOptions {
  /** What it says, Hz; default 440. */
  readonly tone?: number;
  readonly user?: string;
  readonly codec?: 'PCMU' | 'PCMA' | 'G722';
  /** How it presses keys; default RFC 4733. */
  readonly keys?: 'rtpevent' | 'info';
  /** false: calls ring until `accept()`. Default true: answered at once. */
  readonly answers?: boolean;
}

/** An event of baresip's control port; `type` as CALL_RINGING, CALL_ESTABLISHED, CALL_CLOSED, CALL_DTMF_START, ... */
export interface BaresipEvent {
  readonly type: string;
  readonly param?: string;
  readonly peeruri?: string;
  readonly at: number;
}

interface ControlReply {
  readonly response?: boolean;
  readonly token?: string;
  readonly ok?: boolean;
  readonly data?: string;
}

/** A running baresip, driven over its control port (netstrings of JSON). */
export class Baresip {
  readonly events: BaresipEvent[] = [];
  readonly #program: ChildProgram;
  readonly #directory: string;
  readonly #control: Socket;
  readonly #replies = new Map<string, (reply: { ok: boolean; data: string }) => void>();
  #lastToken = 0;

  private constructor(program: ChildProgram, directory: string, control: Socket, readonly uri: string) {
    this.#program = program;
    this.#directory = directory;
    this.#control = control;
    const reader = new NetstringReader();
    control.on('data', (chunk: Buffer) => reader.push(chunk).forEach((text) => this.#take(text)));
  }

  static async start(options: BaresipOptions = {}): Promise<Baresip> {
    const user = options.user ?? 'baresip';
    // SIP port + 1 is taken by its TLS listener, whether it is used or not.
    const sipPort = await freePorts(3);
    const controlPort = sipPort + 2;
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-baresip-'));
    await mkdir(join(directory, 'heard'));
    const answermode = options.answers === false ? 'manual' : 'auto';
    const codec = options.codec ?? 'PCMU';
    const account = `<sip:${user}@127.0.0.1>;regint=0;answermode=${answermode};audio_codecs=${codec};dtmfmode=${options.keys ?? 'rtpevent'}\n`;
    await Promise.all([
      writeFile(join(directory, 'config'), configuration(directory, sipPort, controlPort, options.tone ?? 440)),
      writeFile(join(directory, 'accounts'), account),
      writeFile(join(directory, 'contacts'), ''),
    ]);
    const program = new ChildProgram('/usr/bin/baresip', ['-f', directory]);
    try {
      await eventually(() => {
        if (program.stdout.includes('baresip is ready')) return;
        throw new Error(`baresip: ${program.stdout}${program.stderr}`);
      }, 10_000);
      const control = await eventually(() => open(controlPort));
      return new Baresip(program, directory, control, `sip:${user}@127.0.0.1:${sipPort}`);
    } catch (error) {
      await program.stop();
      await rm(directory, { recursive: true });
      throw error;
    }
  }

  /** What it printed, for messages. */
  get output(): string {
    return this.#program.stdout + this.#program.stderr;
  }

  dial(uri: string): Promise<void> {
    return this.command('dial', uri);
  }

  accept(): Promise<void> {
    return this.command('accept');
  }

  hangup(): Promise<void> {
    return this.command('hangup');
  }

  /** Presses keys, one after another. */
  async pressKeys(digits: string): Promise<void> {
    for (const digit of digits) await this.command('sndcode', digit);
  }

  /** Any command of its menu. Rejects with what baresip says when it fails. */
  async command(command: string, params?: string): Promise<void> {
    const token = `t${(this.#lastToken += 1)}`;
    const reply = new Promise<{ ok: boolean; data: string }>((resolve) => this.#replies.set(token, resolve));
    this.#control.write(encodeNetstring(JSON.stringify({ command, token, params })));
    const { ok, data } = await reply;
    if (!ok) throw new Error(`baresip ${command} ${params ?? ''}: ${data}`);
  }

  /** The first event of this type, past or coming (`fromIndex` into `events` to skip the past). */
  waitForEvent(type: string, withinMs = 5_000, fromIndex = 0): Promise<BaresipEvent> {
    return eventually(() => {
      const found = this.events.slice(fromIndex).find((event) => event.type === type);
      if (!found) throw new Error(`no ${type}; events: ${this.events.map((event) => event.type).join(', ')}`);
      return found;
    }, withinMs);
  }

  /**
   * What it heard in all calls that are over, 8 kHz, one array per call. Gaps do not show in it: its recorder joins
   * what was decoded.
   */
  async heard(): Promise<Int16Array[]> {
    const directory = join(this.#directory, 'heard');
    const files = (await readdir(directory)).filter((name) => name.endsWith('-dec.wav')).sort();
    return Promise.all(files.map((name) => readWavSamples(join(directory, name))));
  }

  async stop(): Promise<void> {
    this.#control.destroy();
    await this.#program.stop();
    await rm(this.#directory, { recursive: true });
  }

  #take(text: string): void {
    const message = JSON.parse(text) as ControlReply & BaresipEvent;
    if (message.response === true) {
      const resolve = this.#replies.get(message.token ?? '');
      this.#replies.delete(message.token ?? '');
      resolve?.({ ok: message.ok ?? false, data: message.data ?? '' });
    } else this.events.push({ ...message, at: performance.timeOrigin + performance.now() });
  }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      // The program is ended by stop(); what the socket says then is of no interest.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

function configuration(directory: string, sipPort: number, controlPort: number, tone: number): string {
  return [
    `sip_listen 127.0.0.1:${sipPort}`,
    // Without it the SDP offers another address of the machine.
    'net_interface 127.0.0.1',
    'call_max_calls 4',
    'audio_player aubridge,sink', `audio_source ausine,${tone}`, 'audio_alert aubridge,alert',
    // What ausine of 1.0 insists on.
    'ausrc_srate 48000', 'ausrc_channels 2',
    'rtcp_enable no', `snd_path ${join(directory, 'heard')}`,
    'module_path /usr/lib/baresip/modules',
    ...['g711', 'g722', 'ausine', 'aufile', 'aubridge', 'sndfile', 'uuid', 'account'].map((name) => `module ${name}.so`),
    'module_app menu.so', 'module_app ctrl_tcp.so', `ctrl_tcp_listen 127.0.0.1:${controlPort}`, '',
  ].join('\n');
}
