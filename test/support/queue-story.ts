import { deferred } from '../../src/lib';
import type { OutgoingPhoneCall, PlaySpec } from '../../src/phone';
import type { CustomerRequest } from './customer-app';
import { longestOwnStall } from './gap-report';
import type { World } from './world';

/** Somebody on the phone, with what the customer application knows of the call. */
export interface Party {
  readonly call: OutgoingPhoneCall;
  readonly callSid: string;
  /** The first request made for the call. */
  readonly first: CustomerRequest;
}

let lastCaller = 0;

/** Calls a number, by SIP server number `side`, and waits until the application has been asked what to do with that call. */
export async function dialIn(world: World, number: string, path: string, play?: PlaySpec, side = 0): Promise<Party> {
  lastCaller += 1;
  const from = `+1555${String(lastCaller).padStart(6, '0')}`;
  const phone = await world.phone({ user: from });
  const call = await phone.call(world.uri(number, side), play === undefined ? {} : { play });
  const first = await firstRequestFor(world, call, { path, from });
  return { call, callSid: first.params['CallSid'] ?? '', first };
}

/** What the application is asked first for the call of `from`; rejects when it ends before, and says how. */
export async function firstRequestFor(
  world: World, call: OutgoingPhoneCall, { path, from }: { readonly path: string; readonly from: string }, withinMs = 10_000,
): Promise<CustomerRequest> {
  const calledAt = Date.now();
  const ended = deferred<never>();
  const off = call.once('ended', ({ by, status }) => {
    const afterMs = Date.now() - calledAt;
    // A machine that is too busy for the application, which is this process, is no fault of the gateway's.
    const stall = Math.round(longestOwnStall(calledAt, Date.now()));
    const how = `ended after ${afterMs} ms, by ${by}, status ${status ?? 'none'}; the application stood still for ${stall} ms at once`;
    void world.whyRefused().then((why) => ended.reject(new Error(`the call of ${from} ${how}\n${why}`)));
  });
  ended.promise.catch(() => undefined);
  const asked = world.app.waitForRequest(path, ({ params }) => params['From'] === from, withinMs);
  asked.finally(off).catch(() => undefined);
  return Promise.race([asked, ended.promise]);
}

/** A caller who is in the queue: the wait document has been requested for the call. */
export async function waitInQueue(
  world: World, options: { number?: string; path?: string; wait?: string; play?: PlaySpec; side?: number } = {},
): Promise<Party> {
  const party = await dialIn(world, options.number ?? '1000', options.path ?? '/caller', options.play, options.side);
  const wait = options.wait ?? '/wait';
  await requestOf(world, party, wait);
  return party;
}

/** The first request to `path` for this party's call. */
export function requestOf(world: World, party: Party, path: string, withinMs = 10_000): Promise<CustomerRequest> {
  return world.app.waitForRequest(path, ({ params }) => params['CallSid'] === party.callSid, withinMs);
}

/** All requests to `path` for this party's call. */
export const requestsOf = (world: World, party: Party, path: string): CustomerRequest[] =>
  world.app.requestsTo(path).filter(({ params }) => params['CallSid'] === party.callSid);
