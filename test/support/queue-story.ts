import type { OutgoingPhoneCall, PlaySpec } from '../../src/phone';
import type { CustomerRequest } from './customer-app';
import type { World } from './world';

/** Somebody on the phone, with what the customer application knows of the call. */
export interface Party {
  readonly call: OutgoingPhoneCall;
  readonly callSid: string;
  /** The first request made for the call. */
  readonly first: CustomerRequest;
}

let lastCaller = 0;

/** Calls a number and waits until the application has been asked what to do with that call. */
export async function dialIn(world: World, number: string, path: string, play?: PlaySpec): Promise<Party> {
  lastCaller += 1;
  const from = `+1555${String(lastCaller).padStart(6, '0')}`;
  const phone = await world.phone({ user: from });
  const call = await phone.call(world.uri(number), play === undefined ? {} : { play });
  const first = await world.app.waitForRequest(path, ({ params }) => params['From'] === from, 10_000);
  return { call, callSid: first.params['CallSid'] ?? '', first };
}

/** A caller who is in the queue: the wait document has been requested for the call. */
export async function waitInQueue(world: World, options: { number?: string; path?: string; wait?: string; play?: PlaySpec } = {}): Promise<Party> {
  const party = await dialIn(world, options.number ?? '1000', options.path ?? '/caller', options.play);
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
