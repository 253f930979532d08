import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { type Clock, systemClock } from '../../lib';
import type { ClientSipMessage } from '../../protocol/drachtio';
import { formatHostPort, type HostPort, parseMessage } from '../../protocol/sip';
import { type DropHook, SipStack, type SipTiming } from '../../sip-stack';
import { AdminServer } from './admin-server';
import { Admission } from './admission';
import { answerFromApp } from './app-answers';
import type { AppClient } from './app-client';
import { sendInDialog } from './app-dialog-requests';
import { AppRequests } from './app-requests';
import { DialogTable } from './dialog-table';
import { IncomingTable } from './incoming-table';
import { receiveAck, receiveRequest } from './network-requests';
import { RouteTable } from './route-table';
import type { ServerContext } from './server-context';
import type { SourceList, SourceRate } from './sources';

export interface SipServerOptions {
  /** Where SIP is heard: an IP literal, and a port of UDP and TCP (0: any). */
  readonly sip: { readonly host: string; readonly port: number };
  /** Where applications connect: TCP (port 0: any). */
  readonly admin: { readonly host: string; readonly port: number; readonly secret: string };
  /** Address peers on other machines reach us by, written into Via and Contact. */
  readonly externalIp?: string;
  /** Who may speak to the server; absent: everybody. Others get no answer to anything. */
  readonly sources?: SourceList;
  /** Messages that one source address may send; generous unless given. */
  readonly sourceRate?: SourceRate;
  /** Takes a line about dropped messages, at most every ten seconds. */
  readonly log?: (line: string) => void;
  readonly clock?: Clock;
  /** IP address of a host name, undefined when it has none; the system's resolver unless given. */
  readonly resolveHost?: (name: string) => Promise<string | undefined>;
  /** Shorter timers, and messages lost on purpose: for tests. */
  readonly timing?: Partial<SipTiming>;
  readonly drop?: DropHook;
}

export interface SipServer {
  readonly sip: { readonly host: string; readonly port: number };
  readonly admin: { readonly host: string; readonly port: number };
  /** Confirmed dialogs now kept. */
  dialogCount(): number;
  stop(): Promise<void>;
}

/**
 * Starts the drachtio stand-in: SIP over UDP and TCP outward, the drachtio control protocol inward. Throws GatewayError
 * `sip-stack-bind-failed` or `embedded-admin-bind-failed` when an address is taken; nothing is left running then.
 */
export async function startSipServer(options: SipServerOptions): Promise<SipServer> {
  const clock = options.clock ?? systemClock;
  const dialogs = new DialogTable();
  const admission = new Admission({
    clock,
    ...(options.sources === undefined ? {} : { sources: options.sources }),
    ...(options.sourceRate === undefined ? {} : { rate: options.sourceRate }),
    ...(options.log === undefined ? {} : { log: options.log }),
  });
  const stack = new SipStack({
    clock,
    ...admission.hooks(dialogs),
    lateCancelStatus: 481,
    tcp: {},
    // drachtio-server 0.9.10 sends what is too large for a datagram by UDP all the same.
    tcpFromBytes: Number.POSITIVE_INFINITY,
    ...(options.timing === undefined ? {} : { timing: options.timing }),
    ...(options.drop === undefined ? {} : { drop: options.drop }),
    ...(options.externalIp === undefined ? {} : { advertisedHost: options.externalIp }),
  });
  const context: ServerContext = {
    stack,
    clock,
    routes: new RouteTable(),
    dialogs,
    incoming: new IncomingTable(clock),
    hostPort: (peer) => formatHostPort(stack.addressFor(peer)),
    receivedOn: () => stack.bound,
    resolveHost: options.resolveHost ?? ((name) => systemLookup(name, isIPv6(options.sip.host) ? 6 : 4)),
  };
  const requests = new AppRequests(context);
  const admin = new AdminServer({
    ...options.admin,
    routes: context.routes,
    hostports: () => ({ external: hostportsOf(stack.local), local: hostportsOf(stack.bound) }),
    onSip: (client, command) => dispatch(context, requests, client, command),
  });

  // Requests that come before an application is there get 503, so SIP may be open first.
  stack.onRequest((request, transaction) => receiveRequest(context, request, transaction));
  stack.onAck((ack, from) => receiveAck(context, ack, from));
  const bound = await stack.start(options.sip);
  const sip = { host: bound.host, port: bound.port };
  try {
    return {
      sip,
      admin: await admin.start(),
      dialogCount: () => context.dialogs.size,
      stop: async () => {
        await admin.stop();
        context.incoming.stop();
        context.dialogs.stop();
        await stack.stop();
        admission.stop();
      },
    };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** As applications are told where SIP is heard, in drachtio's order. */
function hostportsOf(address: HostPort): string {
  return `tcp/${formatHostPort(address)},udp/${formatHostPort(address)}`;
}

/** Every failure of the resolver means the same here: no address. The application is told so. */
async function systemLookup(name: string, family: 4 | 6): Promise<string | undefined> {
  return lookup(name, { family }).then(({ address }) => address, () => undefined);
}

/** What the tokens before the SIP message ask for (contracts: drachtio section 2). */
function dispatch(context: ServerContext, requests: AppRequests, client: AppClient, command: ClientSipMessage): void {
  const parsed = parseMessage(withCountedBody(command.message));
  if (!parsed.ok) return client.reply(command.id, 'NO', `invalid sip message: ${parsed.reason}`);
  const { message } = parsed;
  if (message.kind === 'response') answerFromApp(context, client, command, message);
  else if (command.dialogId !== undefined) sendInDialog(context, client, command, message);
  else if (message.method === 'CANCEL') requests.cancel(client, command, message);
  else if (command.transactionId === undefined) void requests.send(client, command, message);
  else client.reply(command.id, 'NO', `${message.method} cannot be sent by transaction id`);
}

/** drachtio-srf counts Content-Length in characters; the frame says where the message really ends. */
function withCountedBody(message: Buffer): Buffer {
  const end = message.indexOf('\r\n\r\n');
  const head = message.toString('utf8', 0, end === -1 ? message.length : end);
  const counted = head.replace(/\r\n(?:Content-Length|l)[ \t]*:[^\r\n]*/gi, '');
  return Buffer.concat([Buffer.from(counted, 'utf8'), end === -1 ? Buffer.from('\r\n\r\n') : message.subarray(end)]);
}
