import type { AudioCodec } from '../../protocol/sdp';
import { AUDIO_CODECS, type MediaServerOptions } from './options';

export type EnvironmentReading =
  | { readonly outcome: 'options'; readonly options: MediaServerOptions }
  | { readonly outcome: 'invalid'; readonly problems: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

function port(env: Environment, name: string, fallback: number, problems: string[]): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  problems.push(`${name} must be a port number, not ${text}`);
  return fallback;
}

/** `name=directory,name2=directory2`. */
function streams(text: string | undefined, problems: string[]): Record<string, string> {
  const mapping: Record<string, string> = {};
  for (const pair of (text ?? '').split(',').filter((part) => part.trim() !== '')) {
    const [, name, directory] = /^\s*([\w.-]+)=(.+?)\s*$/.exec(pair) ?? [];
    if (name !== undefined && directory !== undefined) mapping[name] = directory;
    else problems.push(`HOLDFAST_LOCAL_STREAMS: ${pair} is not name=directory`);
  }
  return mapping;
}

/** `PCMA,G722`. */
function codecs(text: string | undefined, problems: string[]): readonly AudioCodec[] {
  if (text === undefined || text.trim() === '') return AUDIO_CODECS;
  const names = text.split(',').map((name) => name.trim().toUpperCase());
  const known = AUDIO_CODECS.filter((codec) => names.includes(codec));
  if (known.length === names.length) return known.sort((a, b) => names.indexOf(a) - names.indexOf(b));
  problems.push(`HOLDFAST_MEDIA_CODECS: ${text} is not a list of ${AUDIO_CODECS.join(', ')}`);
  return AUDIO_CODECS;
}

function milliseconds(env: Environment, name: string, problems: string[]): number {
  const value = Number(env[name] ?? '0');
  if (Number.isInteger(value) && value >= 0) return value;
  problems.push(`${name} must be a number of milliseconds, or 0`);
  return 0;
}

/** The media server's options from its environment; all problems at once. */
export function readEnvironment(env: Environment): EnvironmentReading {
  const problems: string[] = [];
  const secret = env['HOLDFAST_ESL_SECRET'] ?? '';
  if (secret === '') problems.push('HOLDFAST_ESL_SECRET must be set');
  const workers = Number(env['HOLDFAST_MEDIA_WORKERS'] ?? '1');
  if (!Number.isInteger(workers) || workers < 1) problems.push('HOLDFAST_MEDIA_WORKERS must be a number from 1');
  const externalAddress = env['HOLDFAST_EXTERNAL_IP'] ?? '';
  const options: MediaServerOptions = {
    host: env['HOLDFAST_MEDIA_HOST'] ?? '127.0.0.1',
    controlHost: env['HOLDFAST_MEDIA_CONTROL_HOST'] || '127.0.0.1',
    sipPort: port(env, 'HOLDFAST_MEDIA_SIP_PORT', 5080, problems),
    eslPort: port(env, 'HOLDFAST_ESL_PORT', 8021, problems),
    secret,
    rtpPortMin: port(env, 'HOLDFAST_RTP_PORT_MIN', 20_000, problems),
    rtpPortMax: port(env, 'HOLDFAST_RTP_PORT_MAX', 24_000, problems),
    ...(externalAddress === '' ? {} : { externalAddress }),
    localStreams: streams(env['HOLDFAST_LOCAL_STREAMS'], problems),
    workers,
    codecs: codecs(env['HOLDFAST_MEDIA_CODECS'], problems),
    mediaTimeoutMs: milliseconds(env, 'HOLDFAST_MEDIA_TIMEOUT_MS', problems),
  };
  return problems.length > 0 ? { outcome: 'invalid', problems } : { outcome: 'options', options };
}
