import { Writable } from 'node:stream';
import { gatherWrites, oneWriteATurn } from '../../../src/lib';

/** Counts how often it is written to, and with how many chunks at once. */
function counting(): { stream: Writable; writes: number[] } {
  const writes: number[] = [];
  const stream = new Writable({
    write(_chunk, _encoding, done) {
      writes.push(1);
      done();
    },
    writev(chunks, done) {
      writes.push(chunks.length);
      done();
    },
  });
  return { stream, writes };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('writes of one turn', () => {
  it('leave together, those of the next turn after them', async () => {
    const { stream, writes } = counting();
    for (const text of ['a', 'b', 'c']) {
      oneWriteATurn(stream);
      stream.write(text);
    }
    expect(writes).toEqual([]);
    await turn();
    expect(writes).toEqual([3]);
    oneWriteATurn(stream);
    stream.write('d');
    await turn();
    expect(writes).toEqual([3, 1]);
  });

  it('leave together also when somebody else writes them', async () => {
    const { stream, writes } = counting();
    gatherWrites(stream);
    stream.write('a');
    stream.write('b');
    await turn();
    expect(writes).toEqual([2]);
  });
});
