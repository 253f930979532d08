import type { RequestListener } from 'node:http';
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { TokenBuckets } from '../lib';
import { isRedisUnavailable } from '../platform/redis';
import type { Account } from '../tenancy';
import { authenticate } from './authenticate';
import { INTERNAL, notFound, Refusal, SUSPENDED, TOO_MANY, UNAUTHENTICATED, UNAVAILABLE } from './refusal';
import type { Asked, Operation, RestPorts } from './resource';
import { resources } from './resources';

/** The HTTP door for tenants, without a port of its own. */
export interface RestDoor {
  readonly answer: RequestListener;
  close(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyRequest {
    account?: Account;
  }
}

/** Largest body of a request. */
const BODY_BYTES = 65_536;

/** Every resource behind one authentication, one rate for each account and one shape of errors. */
export async function openRestDoor(ports: RestPorts): Promise<RestDoor> {
  const rates = new TokenBuckets(ports.clock);

  async function admit(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const account = await authenticate(request.headers.authorization, ports.tenants);
    const { accountSid = account?.sid } = request.params as { readonly accountSid?: string };
    if (account === undefined || accountSid !== account.sid) return refuse(reply, UNAUTHENTICATED);
    if (account.status === 'suspended') return refuse(reply, SUSPENDED);
    const { restRequestsPerSecond: perSecond } = await ports.limits.of(account.sid);
    if (!rates.admits(account.sid, { perSecond, burst: 2 * perSecond })) {
      const message = `more than ${perSecond} requests to the REST API in a second`;
      ports.limitReached({ accountSid: account.sid, limit: 'restRequestsPerSecond', message });
      return refuse(reply, TOO_MANY);
    }
    request.account = account;
    return undefined;
  }

  function failed(error: FastifyError, request: FastifyRequest, reply: FastifyReply): unknown {
    if (isRedisUnavailable(error)) return refuse(reply, UNAVAILABLE);
    const { statusCode = 500 } = error;
    if (statusCode >= 400 && statusCode < 500) return refuse(reply, new Refusal(statusCode, 20001, error.message));
    ports.log.error({ err: error, method: request.method, url: request.url }, 'a REST request failed');
    return refuse(reply, INTERNAL);
  }

  const door = fastify({ exposeHeadRoutes: false, bodyLimit: BODY_BYTES, frameworkErrors: failed });
  door.decorateRequest('account');
  door.setErrorHandler(failed);
  // Before a body is read, which may be of a type that nothing here knows.
  door.addHook('onRequest', async (request, reply) => (request.is404 ? refuse(reply, notFound(pathOf(request))) : undefined));
  door.addHook('onResponse', async (_request, reply) => ports.answered(reply.statusCode));
  for (const [path, operations] of byPath()) {
    for (const { method, answer } of operations) {
      door.route({
        url: path,
        method: method === 'GET' ? ['GET', 'HEAD'] : method,
        onRequest: admit,
        handler: async (request, reply) => {
          const answered = await answer(askedOf(request, ports.publicUrl), ports, reply);
          return answered instanceof Refusal ? refuse(reply, answered) : send(reply, answered);
        },
      });
    }
    const allowed = operations.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    const others = door.supportedMethods.filter((method) => !allowed.includes(method));
    const wrongMethod = new Refusal(405, 20004, `Method not allowed: use ${allowed.join(', ')}`, { allow: allowed.join(', ') });
    const turnAway = async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => refuse(reply, wrongMethod);
    door.route({ url: path, method: others, onRequest: [admit, turnAway], handler: turnAway });
  }
  await door.ready();
  return { answer: (request, response) => door.routing(request, response), close: () => door.close() };
}

function byPath(): Map<string, Operation[]> {
  const paths = new Map<string, Operation[]>();
  for (const operation of resources.flatMap(({ operations }) => operations)) {
    paths.set(operation.path, [...(paths.get(operation.path) ?? []), operation]);
  }
  return paths;
}

function askedOf(request: FastifyRequest, publicUrl: string | undefined): Asked {
  const { account, params, query, host } = request;
  // Set by `admit`, which lets nobody else in.
  if (account === undefined) throw new TypeError('a request without an account was let in');
  const parameters = params as Readonly<Record<string, string>>;
  return { account, path: pathOf(request), parameters, query, baseUrl: publicUrl ?? `http://${host}` };
}

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? '';

function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
  return send(reply.code(refusal.status).headers(refusal.headers), refusal.body);
}

function send(reply: FastifyReply, body: unknown): FastifyReply {
  // What strangers wrote is in some of it: no browser may take it for a page, no cache may keep it.
  reply.header('x-content-type-options', 'nosniff');
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  return reply.send(body);
}
