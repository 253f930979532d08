import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
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

export type PathParameters = Readonly<Record<string, string>>;

/** Answers one request; parameters are the `:name` parts of the path. A throw becomes a 500. */
export type RouteAnswer =
  (request: IncomingMessage, response: ServerResponse, parameters: PathParameters) => void | Promise<void>;

export interface OperationsServerOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Ports from `port` on that are tried while they are in use; default 1. */
  readonly portTries?: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly dependencies: readonly DependencyCheck[];
  /** One check may take this long; default 2,000 ms. */
  readonly checkTimeoutMs?: number;
}

export interface OperationsServer {
  readonly host: string;
  readonly port: number;
  /** Adds a route; the path may hold `:name` parts. Later floors hang their doors here. */
  route(method: 'GET' | 'POST' | 'DELETE', path: string, answer: RouteAnswer): void;
  /** From now on `/health/ready` answers 503, so that no new calls are sent here while the rest drains. */
  markStopping(): void;
  /** Stops listening and closes idle connections; running answers may finish. */
  stop(): Promise<void>;
}

interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly answer: RouteAnswer;
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

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

/** The HTTP door for operators: `/health/live`, `/health/ready`, `/metrics`. */
export async function startOperationsServer(options: OperationsServerOptions): Promise<OperationsServer> {
  const { metrics, logger, dependencies, checkTimeoutMs = 2_000 } = options;
  const routes: Route[] = [];
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

  function route(method: string, path: string, answer: RouteAnswer): void {
    const pattern = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:([A-Za-z]+)/g, '(?<$1>[^/]+)');
    routes.push({ method, pattern: new RegExp(`^${pattern}$`), answer });
  }

  route('GET', '/health/live', (_request, response) => sendJson(response, 200, { status: 'ok' }));
  route('GET', '/health/ready', async (_request, response) => {
    const checked = await Promise.all(dependencies.map(checkOne));
    const ready = !stopping && checked.every(([, , ok]) => ok);
    sendJson(response, ready ? 200 : 503, {
      status: stopping ? 'stopping' : ready ? 'ok' : 'error',
      dependencies: Object.fromEntries(checked.map(([name, facts]) => [name, facts])),
    });
  });
  route('GET', '/metrics', async (_request, response) => {
    const text = await metrics.text();
    response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const onPath = routes.filter(({ pattern }) => pattern.test(path));
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const found = onPath.find((one) => one.method === method);
    if (found === undefined) {
      if (onPath.length > 0) response.setHeader('allow', onPath.map((one) => one.method).join(', '));
      const [status, message] = onPath.length > 0 ? [405, 'method not allowed'] as const : [404, 'not found'] as const;
      sendJson(response, status, { message });
      return;
    }
    let parameters: Record<string, string>;
    try {
      const groups = Object.entries(found.pattern.exec(path)?.groups ?? {});
      parameters = Object.fromEntries(groups.map(([name, value]) => [name, decodeURIComponent(value)]));
    } catch {
      // decodeURIComponent throws on a broken percent escape: the request is at fault, not we.
      sendJson(response, 400, { message: 'the path is not valid' });
      return;
    }
    await found.answer(request, response, parameters);
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
    route,
    markStopping: () => {
      stopping = true;
    },
    stop: () => new Promise<void>((resolve, reject) => {
      server.close((error) => (error === undefined ? resolve() : reject(error)));
      server.closeIdleConnections();
    }),
  };
}
