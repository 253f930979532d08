import { resolve } from 'node:path';
import { ChildProgram } from '../support/child-program';

const DIST = resolve(__dirname, '..', '..', 'dist');

describe('an error that nobody handles', () => {
  it.each([
    ['a rejection', "Promise.reject(new Error('stray one'))", 'a rejection nobody handled'],
    ['a throw in a listener', "setImmediate(() => { throw new Error('stray one'); })", 'an exception nobody caught'],
  ])('%s is logged with its stack, and the program goes on', async (_what, stray, message) => {
    const program = new ChildProgram(process.execPath, ['-e', `
      const { createLogger } = require('${DIST}/platform/telemetry');
      const { surviveStrayErrors } = require('${DIST}/stray-errors');
      surviveStrayErrors(createLogger({ pretty: 'never' }));
      ${stray};
      setTimeout(() => { console.log('still here'); }, 50);
    `]);
    expect(await program.ended).toMatchObject({ exitCode: 0 });
    expect(program.stdout).toContain(message);
    expect(program.stdout).toContain('stray one');
    expect(program.stdout).toContain('still here');
  });
});
