import type { Happening, History } from './history';

/** Those who stood in line during the whole run, in the order in which they are to come out, and how they did. */
export interface Line {
  readonly expected: readonly string[];
  readonly served: readonly string[];
}

export interface Judgement {
  /** What broke a promise; empty is what everybody hopes for. */
  readonly wrongs: readonly string[];
  /** Callers by their one result. */
  readonly results: Readonly<Record<string, number>>;
}

type Asked = Extract<Happening, { what: 'asked' }>;

/**
 * Judges a run by its history alone (study/reliability, I1 to I3 and I5): every caller who was answered gets one result under one
 * token, nobody is taken out of a conversation, whoever met an agent met one and is told so, who hung up not is not told that he
 * did, and who stood in line comes out in order.
 */
export function judge(history: History, line: Line): Judgement {
  const wrongs: string[] = [];
  const results: Record<string, number> = {};
  const told = by(history.of('asked').filter(({ path }) => path === '/after'));
  const met = agentsMet(history);
  const queued = new Set(history.of('fact').filter(({ type }) => type === 'queue-entry.joined').map(({ callSid }) => callSid));
  const joined = new Set(history.of('joined').flatMap(({ callSids }) => callSids));
  const hungUp = new Set(history.of('hung-up').map(({ callSid }) => callSid));
  const gone = new Set(history.happenings.flatMap((one) => (one.what === 'hung-up' || one.what === 'stranded' ? [one.callSid] : [])));
  const callers = new Set(history.of('asked').filter(({ path }) => /^\/(caller|leaver|lined-up)/.test(path)).map(({ callSid }) => callSid));
  for (const { callSid } of history.of('answered')) {
    if (!callers.has(callSid)) continue;
    const own = told.get(callSid) ?? [];
    // He hung up before anybody knew that he was in a queue, or his gateway died with the answer and no record told of it (counted as
    // stranded), so nobody has to be told of it.
    if (own.length === 0 && gone.has(callSid) && !queued.has(callSid)) continue;
    const words = [...new Set(own.map(({ params }) => params['QueueResult'] ?? ''))];
    // Who was never in the queue has no token of the queue's.
    const tokens = new Set(own.filter(({ params }) => params['QueueSid'] !== undefined).map(({ token }) => token));
    const [word = 'none'] = words;
    if (words.length !== 1 || tokens.size > 1) wrongs.push(`${callSid}: results ${words.join(', ') || 'none'} under ${tokens.size} tokens`);
    results[word] = (results[word] ?? 0) + 1;
    const agents = met.get(callSid)?.size ?? 0;
    if (agents > 1) wrongs.push(`${callSid} met ${agents} agents`);
    if (agents === 1 && word !== 'bridged') wrongs.push(`${callSid} met an agent and is told ${word}`);
    if (word === 'bridged' && !joined.has(callSid)) wrongs.push(`${callSid} is told bridged and heard nobody`);
    if (word === 'hangup' && !hungUp.has(callSid)) wrongs.push(`${callSid} is told hangup and did not hang up`);
  }
  for (const { callSids, stolenFrom } of history.of('joined')) {
    if (stolenFrom.length > 0) wrongs.push(`${callSids.join(' and ')} were joined while ${stolenFrom.join(', ')} talked with one of them`);
  }
  const tokenOwners = new Map<string, string>();
  for (const { token, callSid } of [...told.values()].flat()) {
    const owner = token === undefined ? callSid : tokenOwners.get(token) ?? callSid;
    if (token !== undefined) tokenOwners.set(token, callSid);
    if (owner !== callSid) wrongs.push(`${owner} and ${callSid} have one token`);
  }
  // Whom nobody could take over in time was told so, and is counted as such.
  const kept = line.expected.filter((callSid) => told.get(callSid)?.[0]?.params['QueueResult'] !== 'system-error');
  if (line.served.join() !== kept.join()) wrongs.push(`the line came out as ${line.served.join()}, not as ${kept.join()}`);
  return { wrongs, results };
}

/** Agents of whom the application was told that they talked with a caller. */
export function agentsMet(history: History): Map<string, Set<string>> {
  const met = new Map<string, Set<string>>();
  for (const { path, params, callSid } of history.of('asked')) {
    if (path !== '/served' || params['DialCallStatus'] !== 'completed') continue;
    const caller = params['DialCallSid'] ?? '';
    met.set(caller, (met.get(caller) ?? new Set()).add(callSid));
  }
  return met;
}

function by(asked: readonly Asked[]): Map<string, Asked[]> {
  const found = new Map<string, Asked[]>();
  for (const one of asked) {
    const own = found.get(one.callSid);
    if (own) own.push(one);
    else found.set(one.callSid, [one]);
  }
  return found;
}
