import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ChildProgram } from './child-program';
import { eventually } from './eventually';
import { freePorts, isTcpPortBound, isUdpPortBound } from './free-ports';
import { writeRawTone } from './tones';

/** Debian's sip-tester: callers and agents nobody here wrote. What it hears is not checked; use baresip for that. */
export const hasSipp = (): boolean => existsSync('/usr/bin/sipp');

/** Scenarios in test/support/sipp/. */
export type SippScenario =
  /** Calls, talks `talkMs`, puts on hold and resumes by re-INVITE, says BYE. */
  | 'uac-hold-bye'
  /** Calls, talks `talkMs`, says BYE. */
  | 'uac-bye'
  /** Calls, talks until the far end says BYE (60 s at most). */
  | 'uac-until-bye'
  /** As `uac-bye`, at `keys.domain` and after a challenge that it answers with `credentials`. */
  | 'uac-digest-bye'
  /** As `uac-until-bye`, leaving the offer to the far end: the answer goes with the ACK. */
  | 'uac-late-offer-until-bye'
  /** The same without media; the status `keys.refusal` (503) is as good. */
  | 'uac-until-bye-or-refusal'
  /** Calls, waits for ringing and `talkMs`, cancels, expects 487. */
  | 'uac-cancel'
  /** Rings, answers, talks until the far end says BYE. */
  | 'uas-agent'
  /** Rings, answers, talks `talkMs`, says BYE. */
  | 'uas-agent-bye'
  /** 486. */
  | 'uas-busy'
  /** Rings until CANCEL, answers 487. */
  | 'uas-no-answer';

export interface SippOptions {
  readonly scenario: SippScenario | { readonly xml: string };
  /** Whom to call; only for callers. */
  readonly remote?: { readonly host: string; readonly port: number };
  /** User part of the Request-URI; default 1000. */
  readonly to?: string;
  /** User part of From; default `sipp`. */
  readonly from?: string;
  readonly calls?: number;
  /** Calls started per second; default 10. */
  readonly rate?: number;
  /** `[talk_ms]` of the scenario: how long it talks or rings; default 500. */
  readonly talkMs?: number;
  /** What it says by rtp_stream, Hz, mu-law; default 350. */
  readonly tone?: number;
  /** Answers challenges; `uri` without its scheme. SIPp 3.6 knows MD5 only. */
  readonly credentials?: { readonly user: string; readonly password: string; readonly uri: string };
  /** Further `-key` values. */
  readonly keys?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Default UDP. */
  readonly transport?: 'udp' | 'tcp';
  /** Share of the messages it sends and receives that are lost, in per cent. */
  readonly lossPercent?: number;
  /** What it says by rtp_stream is A-law. */
  readonly law?: 'PCMU' | 'PCMA';
}

export interface SippResult {
  /** 0: every call went as the scenario says; 1: at least one failed; 97, 99: none ran or the timeout came. */
  readonly exitCode: number | null;
  readonly successful: number;
  readonly failed: number;
  /** Call-IDs in order of appearance. */
  readonly callIds: readonly string[];
  /** Every message sent and received. */
  readonly messages: string;
  /** What went against the scenario; empty when nothing did. */
  readonly errors: string;
  readonly output: string;
}

export interface SippRun {
  readonly port: number;
  /** Where an answering scenario is reached. */
  readonly uri: string;
  readonly finished: Promise<SippResult>;
  /** Ends it early; `finished` then tells what it did until then. */
  stop(): Promise<SippResult>;
}

/** Starts SIPp and resolves when its SIP port is open. Rejects with its output when it cannot start. */
export async function startSipp(options: SippOptions): Promise<SippRun> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-sipp-'));
  // Together, or the two might overlap.
  const mediaPort = await freePorts(5);
  const port = mediaPort + 4;
  const scenario = join(directory, 'scenario.xml');
  const xml = typeof options.scenario === 'string'
    ? await readFile(resolve(__dirname, 'sipp', `${options.scenario}.xml`), 'utf8')
    : options.scenario.xml;
  const tone = join(directory, 'tone.ulaw');
  await writeRawTone(tone, { tone: options.tone ?? 350 }, 1_000, options.law);
  // Elements that name files, times or statuses cannot use -key in SIPp 3.6, so they are filled in here.
  const filled = xml.replaceAll('[tone_file]', tone).replaceAll('[talk_ms]', String(options.talkMs ?? 500))
    .replaceAll('[refusal]', options.keys?.['refusal'] ?? '503');
  await writeFile(scenario, filled);
  const args = argumentsFor(options, scenario, port, mediaPort);
  const program = new ChildProgram('/usr/bin/sipp', args, { cwd: directory });
  const finished = program.ended.then(async ({ exitCode }) => {
    const result = await read(directory, exitCode, program.stdout + program.stderr);
    await rm(directory, { recursive: true });
    return result;
  });
  finished.catch(() => undefined);
  await eventually(async () => {
    if (!program.running) throw new Error(`sipp ended at once: ${program.stdout}${program.stderr}`);
    const isOpen = options.transport === 'tcp' ? isTcpPortBound(port) : isUdpPortBound(port);
    // A caller over TCP opens no port of its own.
    if (!(options.transport === 'tcp' && options.remote) && !(await isOpen)) throw new Error('sipp has not opened its port');
  }, 5_000).catch(async (error: unknown) => {
    // A quick caller may be done before we look.
    const early = program.running ? undefined : await finished;
    if (early?.exitCode !== 0) {
      await program.stop();
      throw error;
    }
  });
  return {
    port, uri: `sip:${options.to ?? '1000'}@127.0.0.1:${port}`, finished,
    stop: async () => {
      await program.stop();
      return finished;
    },
  };
}

/** Runs a calling scenario to its end. */
export async function runSipp(options: SippOptions): Promise<SippResult> {
  return (await startSipp(options)).finished;
}

function argumentsFor(options: SippOptions, scenario: string, port: number, mediaPort: number): string[] {
  const keys = { from_user: options.from ?? 'sipp', ...options.keys };
  const { user, password, uri } = options.credentials ?? {};
  return [
    ...(options.remote ? [`${options.remote.host}:${options.remote.port}`] : []),
    '-sf', scenario, '-s', options.to ?? '1000', '-i', '127.0.0.1', '-p', String(port),
    ...(options.lossPercent === undefined ? [] : ['-lost', String(options.lossPercent)]),
    '-t', options.transport === 'tcp' ? 't1' : 'u1', '-mi', '127.0.0.1', '-mp', String(mediaPort), '-m', String(options.calls ?? 1), '-r', String(options.rate ?? 10),
    ...Object.entries(keys).flatMap(([name, value]) => ['-key', name, value]),
    ...(user && password && uri ? ['-au', user, '-ap', password, '-auth_uri', uri] : []),
    '-nostdin', '-timeout', `${options.timeoutMs ?? 30_000}ms`, '-timeout_error',
    '-trace_msg', '-message_file', 'messages.log', '-trace_err', '-error_file', 'errors.log',
    '-trace_stat', '-stf', 'statistics.csv', '-fd', '1',
  ];
}

async function read(directory: string, exitCode: number | null, output: string): Promise<SippResult> {
  const file = (name: string): Promise<string> =>
    existsSync(join(directory, name)) ? readFile(join(directory, name), 'utf8') : Promise.resolve('');
  const [messages, errors, statistics] = await Promise.all(
    ['messages.log', 'errors.log', 'statistics.csv'].map(file),
  );
  const rows = (statistics ?? '').trim().split('\n').map((line) => line.split(';'));
  const last = rows.at(-1) ?? [];
  const column = (name: string): number => Number(last[rows[0]?.indexOf(name) ?? -1] ?? 0) || 0;
  const callIds = [...(messages ?? '').matchAll(/^Call-ID:\s*(\S+)/gim)].map((match) => match[1] ?? '');
  return {
    exitCode, output, messages: messages ?? '', errors: errors ?? '', callIds: [...new Set(callIds)],
    successful: column('SuccessfulCall(C)'), failed: column('FailedCall(C)'),
  };
}
