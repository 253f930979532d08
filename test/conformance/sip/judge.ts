import { parseMessage, requestFault } from '../../../src/protocol/sip';
import type { Edge } from './edge';
import type { TortureCase } from './torture-case';

/** What a judged message counts as. */
export const VERDICTS: Readonly<Record<TortureCase['verdict']['kind'], string>> = {
  request: 'requests understood', response: 'responses understood', refused: 'requests refused', discarded: 'responses discarded',
};

/** Gives a message to the parser and to the embedded server, and compares with what its RFC says. */
export async function judge({ bytes, verdict }: TortureCase, edge: Edge): Promise<void> {
  const parsed = parseMessage(bytes);
  if (verdict.kind === 'request') {
    if (!parsed.ok || parsed.message.kind !== 'request') throw new Error(parsed.ok ? 'a response' : parsed.reason);
    expect(requestFault(parsed.message)).toBeUndefined();
    verdict.check(parsed.message, 'sent');
    const before = edge.passedOn.length;
    expect((await edge.ask(bytes)).status).toBe(verdict.status);
    if (verdict.status === 481) return;
    // The application got it whole: values and body as they came.
    expect(edge.passedOn).toHaveLength(before + 1);
    const passedOn = edge.passedOn[before];
    if (passedOn === undefined) throw new Error('nothing passed on');
    verdict.check(passedOn, 'application');
    expect(passedOn.body.equals(parsed.message.body)).toBe(true);
  } else if (verdict.kind === 'refused') {
    const before = edge.passedOn.length;
    const refusal = await edge.ask(bytes);
    expect(refusal.status).toBe(verdict.status);
    verdict.check?.(refusal);
    expect(edge.passedOn).toHaveLength(before);
  } else {
    if (verdict.kind === 'response') {
      if (!parsed.ok || parsed.message.kind !== 'response') throw new Error(parsed.ok ? 'a request' : parsed.reason);
      verdict.check(parsed.message);
    }
    const before = edge.passedOn.length;
    expect(await edge.answersTo(bytes)).toEqual([]);
    // The probe only.
    expect(edge.passedOn).toHaveLength(before + 1);
  }
}
