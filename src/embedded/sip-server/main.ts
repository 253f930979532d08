import { isIP } from 'node:net';
import { messageOf } from '../../lib';
import { formatHostPort } from '../../protocol/sip';
import { startSipServer } from './sip-server';
import { SourceList, type SourceRate } from './sources';

/** The process `dist/embedded/sip-server/main.js`: settings by environment, one line when ready, ends on SIGTERM. */
async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const externalIp = env['HOLDFAST_EXTERNAL_IP'];
  const server = await startSipServer({
    sip: { host: addressFrom(env, 'HOLDFAST_SIP_HOST'), port: portFrom(env, 'HOLDFAST_SIP_PORT', 5060) },
    admin: {
      host: addressFrom(env, 'DRACHTIO_HOST'),
      port: portFrom(env, 'DRACHTIO_PORT', 9022),
      secret: required(env, 'DRACHTIO_SECRET'),
    },
    ...(externalIp === undefined || externalIp === '' ? {} : { externalIp }),
    ...sourcesFrom(env),
    ...sourceRateFrom(env),
    log: (line) => void process.stdout.write(`${line}\n`),
  });
  const stop = (): void => {
    server.stop().then(() => process.exit(0), fail);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`ready sip=${formatHostPort(server.sip)} admin=${formatHostPort(server.admin)}\n`);
}

function addressFrom(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name] || '127.0.0.1';
  if (isIP(value) === 0) throw new Error(`${name}=${value}: set it to an IP address of this machine`);
  return value;
}

function portFrom(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const value = env[name] || String(fallback);
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535) {
    throw new Error(`${name}=${value}: set it to a port, 0 to 65535`);
  }
  return Number(value);
}

/** `HOLDFAST_SIP_SOURCES`: networks, comma separated, that may speak to the server. */
function sourcesFrom(env: NodeJS.ProcessEnv): { sources?: SourceList } {
  const cidrs = (env['HOLDFAST_SIP_SOURCES'] ?? '').split(',').map((cidr) => cidr.trim()).filter((cidr) => cidr !== '');
  if (cidrs.length === 0) return {};
  const parsed = SourceList.parse(cidrs);
  if (!parsed.ok) throw new Error(`HOLDFAST_SIP_SOURCES: ${parsed.reason}`);
  return { sources: parsed.sources };
}

/** `HOLDFAST_SIP_SOURCE_RATE`: messages a second of one source; twice as many at once. */
function sourceRateFrom(env: NodeJS.ProcessEnv): { sourceRate?: SourceRate } {
  const value = env['HOLDFAST_SIP_SOURCE_RATE'];
  if (value === undefined || value === '') return {};
  const perSecond = Number(value);
  if (!/^\d{1,7}$/.test(value) || perSecond === 0) {
    throw new Error(`HOLDFAST_SIP_SOURCE_RATE=${value}: set it to messages a second, 1 or more`);
  }
  return { sourceRate: { perSecond, burst: 2 * perSecond } };
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: applications authenticate with it`);
  return value;
}

function fail(error: unknown): void {
  process.stderr.write(`sip-server: ${messageOf(error)}\n`);
  process.exit(1);
}

main(process.env).catch(fail);
