import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GatewayError, messageOf } from '../../lib';
import type { Logger } from './logger';
import type { Metrics } from './metrics';
import { redactText } from './redact';

/** Resolves while the dependency works; rejects with a reason that people understand. */
export interface DependencyCheck {
  readonly name: string;
  check(): Promise<unknown>;
}

export interface OperationsServerOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Ports from `port` on that are tried while they are in use; default 1. */
  readonly portTries?: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly dependencies: readonly DependencyCheck[];
  /** What happened in a call, oldest first; without it there are no timelines. */
  readonly timelineOf?: (callSid: string) => Promise<unknown>;
  /** Answers every path that is not for operators; default: 404. */
  readonly others?: RequestListener;
  /** One check may take this long; default 2,000 ms. */
  readonly checkTimeoutMs?: number;
}

export interface OperationsServer {
  readonly host: string;
  readonly port: number;
  /** From now on `/health/ready` answers 503, so that no new calls are sent here while the rest drains. */
  markStopping(): void;
  /** Stops listening and closes idle connections; running answers may finish. */
  stop(): Promise<void>;
}

type Answer = (response: ServerResponse) => void | Promise<void>;

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

const nothingHere: RequestListener = (_request, response) => sendJson(response, 404, { message: 'not found' });

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): GatewayError {
  const where = `${host}:${port}`;
  const what = error.code === 'EADDRINUSE'
    ? `port ${port} on ${host} is in use: stop the other program or set HOLDFAST_HTTP_PORT`
    : `cannot listen on ${where}: ${error.message}`;
  return new GatewayError('platform-http-listen-failed', what, { cause: error });
}

function listenOn(server: Server, host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const listening = (): void => {
      server.off('error', resolve);
      resolve(undefined);
    };
    server.once('error', resolve);
    server.once('error', () => server.off('listening', listening));
    server.listen(port, host, listening);
  });
}

/** Listens on the first free one of `tries` ports; rejects with a GatewayError that says what to do. */
async function listenOnFirstFree(server: Server, host: string, port: number, tries: number): Promise<void> {
  for (let at = port; ; at += 1) {
    const error = await listenOn(server, host, at);
    if (error === undefined) return;
    if (error.code !== 'EADDRINUSE' || at >= port + tries - 1) throw listenError(error, host, at);
  }
}

/** The HTTP door for operators: `/health/live`, `/health/ready`, `/metrics`, `/calls/{sid}/timeline`; `others` has the rest. */
export async function startOperationsServer(options: OperationsServerOptions): Promise<OperationsServer> {
  const { metrics, logger, dependencies, timelineOf, others = nothingHere, checkTimeoutMs = 2_000 } = options;
  let stopping = false;

  async function checkOne(one: DependencyCheck): Promise<[string, object, boolean]> {
    const startedAt = performance.now();
    const took = (): number => Math.round(performance.now() - startedAt);
    try {
      await within(checkTimeoutMs, one.check());
      metrics.setGauge('holdfast_platform_dependency_up', { dependency: one.name }, 1);
      return [one.name, { status: 'ok', durationMs: took() }, true];
    } catch (error) {
      metrics.setGauge('holdfast_platform_dependency_up', { dependency: one.name }, 0);
      return [one.name, { status: 'error', durationMs: took(), message: redactText(messageOf(error)) }, false];
    }
  }

  async function answerReady(response: ServerResponse): Promise<void> {
    const checked = await Promise.all(dependencies.map(checkOne));
    const ready = !stopping && checked.every(([, , ok]) => ok);
    sendJson(response, ready ? 200 : 503, {
      status: stopping ? 'stopping' : ready ? 'ok' : 'error',
      dependencies: Object.fromEntries(checked.map(([name, facts]) => [name, facts])),
    });
  }

  function ownAnswer(path: string): Answer | undefined {
    if (path === '/health/live') return (response) => sendJson(response, 200, { status: 'ok' });
    if (path === '/health/ready') return answerReady;
    if (path === '/metrics') {
      return async (response) => {
        const text = await metrics.text();
        response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
      };
    }
    const callSid = /^\/calls\/([A-Za-z0-9]+)\/timeline$/.exec(path)?.[1];
    return callSid && timelineOf ? async (response) => sendJson(response, 200, await timelineOf(callSid)) : undefined;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const own = ownAnswer((request.url ?? '/').split('?', 1)[0] ?? '/');
    if (own === undefined) others(request, response);
    else if (request.method === 'GET' || request.method === 'HEAD') await own(response);
    else sendJson(response.setHeader('allow', 'GET, HEAD'), 405, { message: 'method not allowed' });
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      logger.error({ err: error, method: request.method, url: request.url }, 'an operations request failed');
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { message: 'internal error' });
    });
  });
  await listenOnFirstFree(server, options.host, options.port, options.portTries ?? 1);
  const bound = server.address() as AddressInfo;
  return {
    host: bound.address,
    port: bound.port,
    markStopping: () => {
      stopping = true;
    },
    stop: () => new Promise<void>((resolve, reject) => {
      server.close((error) => (error === undefined ? resolve() : reject(error)));
      server.closeIdleConnections();
    }),
  };
}
