import { parseRecord, text } from '../../../src/queueing/queue-replies';

// While a release is rolled out gateways of two versions tell each other of their callers.
describe('a queue record or hint of another version', () => {
  const row = { state: 'waiting', queueSid: 'QU1', mood: 'good' };

  it('may have fields and lines that are not known yet', () => {
    const record = parseRecord(['entry E1', JSON.stringify(row), '7', JSON.stringify({ callSid: 'CA2', rank: 3 }), '', '{"weather":"sunny"}'].join('\n'));
    expect([text(record, 'state'), record['peer'], record['whisper']]).toEqual(['waiting', { callSid: 'CA2', rank: 3 }, undefined]);
  });

  it('may lack lines that there were not yet', () => {
    expect(text(parseRecord(['entry E1', JSON.stringify(row)].join('\n')), 'state')).toBe('waiting');
  });
});
