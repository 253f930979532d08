import { deferred, Turnstile } from '../../../src/lib';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a turnstile', () => {
  it('lets so many in at once, in the order they came, also after one that fails', async () => {
    const turnstile = new Turnstile(2);
    const inside: number[] = [];
    const works = [1, 2, 3, 4].map(() => deferred<void>());
    const runs = works.map((work, index) => turnstile.run(() => {
      inside.push(index + 1);
      return work.promise;
    }));
    await settle();
    expect(inside).toEqual([1, 2]);
    works[1]?.reject(new Error('failed'));
    await expect(runs[1]).rejects.toThrow('failed');
    await settle();
    expect(inside).toEqual([1, 2, 3]);
    works[0]?.resolve();
    await settle();
    expect(inside).toEqual([1, 2, 3, 4]);
    works[2]?.resolve();
    works[3]?.resolve();
    await Promise.all([runs[0], runs[2], runs[3]]);
    await turnstile.run(async () => void inside.push(5));
    expect(inside).toEqual([1, 2, 3, 4, 5]);
  });
});
