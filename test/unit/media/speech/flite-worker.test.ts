import { EventEmitter } from 'node:events';

const port = Object.assign(new EventEmitter(), { postMessage: jest.fn() });
jest.mock('node:worker_threads', () => ({ parentPort: port }));

describe('the thread that speaks', () => {
  // Those would be fast calls, which end the whole process now and then: about every 300th synthesis on Node 20.
  it('lets WebAssembly call functions of JavaScript, none of Node itself', () => {
    const instantiated = jest.spyOn(WebAssembly, 'Instance');
    jest.requireActual('../../../../src/media/speech/flite-worker');
    port.emit('message', { id: 7, text: 'Hello.', voice: 'slt' });

    const [, imports] = instantiated.mock.calls[0] ?? [];
    const calls = Object.entries(Object.values(imports ?? {})[0] ?? {});
    expect(calls.map(([name]) => name)).toEqual(expect.arrayContaining(['fd_write', 'path_open', 'proc_exit']));
    expect(calls.filter(([, call]) => Function.prototype.toString.call(call).includes('[native code]'))).toEqual([]);
  });
});
