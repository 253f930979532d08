import { ENTRY_TABLE, type EntryInput, nextEntryState } from '../../../src/queueing';

const result = (input: EntryInput) => (state: 'waiting' | 'claimed' | 'bridging' | 'bridged') => {
  const next = nextEntryState(state, input);
  return next?.state === 'ended' ? next.result : next?.state;
};
const row = (input: EntryInput) => (['waiting', 'claimed', 'bridging', 'bridged'] as const).map(result(input));

describe('the state table of a queue entry', () => {
  it('walks from waiting to bridged', () => {
    expect(row('claim')).toEqual(['claimed', undefined, undefined, undefined]);
    expect(row('begin-bridge')).toEqual([undefined, 'bridging', 'bridging', undefined]);
    expect(row('bridged')).toEqual([undefined, undefined, 'bridged', 'bridged']);
  });

  it('lets a caller go back to waiting until he is bridged', () => {
    expect(row('release')).toEqual([undefined, 'waiting', 'waiting', undefined]);
  });

  it('keeps the result of what ended the stay before the bridge', () => {
    expect(row('hangup')).toEqual(['hangup', 'hangup', 'hangup', 'bridged']);
    expect(row('leave')).toEqual(['leave', 'leave', 'leave', 'bridged']);
    expect(row('error')).toEqual(['error', 'error', 'error', 'bridged']);
  });

  it('tells a redirect while waiting from one while bridged', () => {
    expect(row('redirect')).toEqual(['redirected', 'redirected', 'redirected', 'redirected-from-bridged']);
  });

  it('calls it bridged if the bridge ended before it was recorded, and a platform failure if there was none', () => {
    expect(row('bridge-ended')).toEqual(['system-error', 'system-error', 'bridged', 'bridged']);
    expect(row('system-error')).toEqual(['system-error', 'system-error', 'system-error', 'system-error']);
  });

  it('never changes an entry that ended, nor itself', () => {
    for (const input of Object.keys(ENTRY_TABLE.ended) as EntryInput[]) expect(nextEntryState('ended', input)).toBeUndefined();
    expect(Object.isFrozen(ENTRY_TABLE)).toBe(true);
    expect(Object.values(ENTRY_TABLE).every((one) => Object.isFrozen(one))).toBe(true);
  });
});
