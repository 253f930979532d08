import { TypedEmitter } from '../../../src/lib';

class Bell extends TypedEmitter<{ rung: [times: number] }> {
  ring(times: number): void {
    this.emit('rung', times);
  }
}

describe('an emitter', () => {
  it('tells every listener, in order, and `once` only once', () => {
    const bell = new Bell();
    const heard: string[] = [];
    bell.on('rung', (times) => heard.push(`on ${times}`));
    bell.once('rung', (times) => heard.push(`once ${times}`));
    bell.ring(1);
    bell.ring(2);
    expect(heard).toEqual(['on 1', 'once 1', 'on 2']);
  });

  it('a listener that throws reaches neither the other listeners nor whoever emits', () => {
    const bell = new Bell();
    const heard: number[] = [];
    const turns: (() => void)[] = [];
    const immediate = jest.spyOn(globalThis, 'setImmediate').mockImplementation(((turn: () => void) => turns.push(turn)) as never);
    bell.on('rung', () => {
      throw new Error('broken listener');
    });
    bell.on('rung', (times) => heard.push(times));
    expect(() => bell.ring(3)).not.toThrow();
    immediate.mockRestore();
    expect(heard).toEqual([3]);
    // Not lost either: thrown in a turn of its own, where the process's last resort logs it.
    expect(turns).toHaveLength(1);
    expect(() => turns[0]?.()).toThrow('broken listener');
  });
});
