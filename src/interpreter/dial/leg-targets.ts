import type { NumberNoun, SipNoun } from '../../twiml';
import type { OutboundTarget } from '../account';

export type LegNoun = NumberNoun | SipNoun;

/**
 * The ways to a noun's party in the order in which they are tried: the noun's own, then its SipUris by priority, among equals
 * drawn by weight (RFC 2782). `random` gives numbers from 0 to below 1.
 */
export function targetsOf(noun: LegNoun, random: () => number = Math.random): readonly OutboundTarget[] {
  if (noun.name === 'Number') return [{ kind: 'number', number: noun.number }];
  const own = noun.uri === '' ? [] : [noun];
  return [...own, ...drawn(noun.alternatives, random)].map(sipTarget);
}

type SipWay = Pick<SipNoun, 'uri' | 'headers' | 'username' | 'password'>;

function sipTarget(way: SipWay): OutboundTarget {
  const { uri, headers, username, password } = way;
  return {
    kind: 'sip',
    uri,
    headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

function drawn(alternatives: SipNoun['alternatives'], random: () => number): SipNoun['alternatives'] {
  const left = [...alternatives].sort((a, b) => a.priority - b.priority);
  const order: (typeof left)[number][] = [];
  while (left.length > 0) {
    const equals = left.filter(({ priority }) => priority === left[0]?.priority);
    const lot = random() * equals.reduce((sum, { weight }) => sum + weight, 0);
    const upTo = (at: number): number => equals.slice(0, at + 1).reduce((sum, { weight }) => sum + weight, 0);
    const at = equals.findIndex((_one, index) => lot < upTo(index));
    order.push(...left.splice(Math.max(at, 0), 1));
  }
  return order;
}
