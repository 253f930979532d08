import { systemClock } from '../../src/lib';
import { Metrics, silentLogger, startOperationsServer } from '../../src/platform/telemetry';
import { openRestDoor, type RestPorts } from '../../src/rest';
import { type Account, accountLimits, type AccountLimits } from '../../src/tenancy';

/** The HTTP port of a gateway, with nothing behind it but what a test gives. */
export interface RestServer {
  readonly baseUrl: string;
  /** Statuses of all answers. */
  readonly answered: readonly number[];
  stop(): Promise<void>;
}

const nothing = { list: () => Promise.resolve([]), summaries: () => Promise.resolve([]), find: () => Promise.resolve(undefined) };

export const restAccount = (sid: string, more: Partial<Account> = {}): Account =>
  ({ sid, name: sid, authToken: `token of ${sid}`, status: 'active', ...more });

export async function startRestServer(ports: Partial<RestPorts>, restRequestsPerSecond = 10_000): Promise<RestServer> {
  const answered: number[] = [];
  const limits = accountLimits(undefined, { restRequestsPerSecond } as AccountLimits);
  const door = await openRestDoor({
    tenants: { account: () => Promise.resolve(undefined) },
    limits: { of: () => Promise.resolve(limits) },
    limitReached: () => undefined,
    alerts: nothing, recordings: nothing, publicUrl: undefined, clock: systemClock, log: silentLogger(),
    answered: (status) => answered.push(status),
    ...ports,
  });
  const server = await startOperationsServer({
    host: '127.0.0.1', port: 0, metrics: new Metrics(), logger: silentLogger(), dependencies: [],
    timelineOf: () => Promise.resolve([]), others: door.answer,
  });
  return {
    baseUrl: `http://127.0.0.1:${server.port}`,
    answered,
    async stop() {
      await server.stop();
      await door.close();
    },
  };
}

/** A request with Basic credentials `user:password`; '' for none. */
export function askRest(url: string, credentials: string, init: RequestInit = {}): Promise<Response> {
  const authorization = credentials === '' ? {} : { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  return fetch(url, { ...init, headers: { ...authorization, ...(init.headers as Record<string, string> | undefined) } });
}
