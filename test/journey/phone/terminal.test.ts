import { resolve } from 'node:path';
import { Phone } from '../../../src/phone';
import { ChildProgram } from '../../support/child-program';
import { eventually } from '../../support/eventually';

const MAIN = resolve(__dirname, '../../../src/phone/main.ts');

/** The program behind `make call`, run from source. */
function terminalCall(environment: Record<string, string>): ChildProgram {
  const env = { PATH: process.env['PATH'], ...environment };
  return new ChildProgram(process.execPath, ['--require', require.resolve('tsx/cjs'), MAIN], { env });
}

describe('the phone at the terminal', () => {
  let callee: Phone;
  beforeEach(async () => {
    callee = await Phone.start();
  });
  afterEach(() => callee.stop());

  it('hangs up properly on Ctrl-C and exits 0 after an answered call', async () => {
    const incoming = callee.nextIncoming({ withinMs: 20_000 });
    const program = terminalCall({ TO: '1000', PLAY: 'tone:440', HOLDFAST_SIP_PORT: String(callee.port) });
    const call = await incoming;
    await call.answer();
    await call.audio.waitForTone(440, { withinMs: 3_000 });
    await eventually(() => expect(program.stdout).toContain('answered in'));
    program.interrupt();
    expect(await call.untilEnded({ withinMs: 3_000 })).toMatchObject({ by: 'them', status: 200 });
    expect(await program.ended).toEqual({ exitCode: 0, signal: null });
    expect(program.stdout).toMatch(/ended by us after \d+\.\d s\n$/);
    expect(program.stderr).toBe('');
  });

  it('exits 1 with the status and reason of a refusal', async () => {
    callee.onIncoming((call) => call.reject(404));
    const program = terminalCall({ TO: '1000', HOLDFAST_SIP_PORT: String(callee.port) });
    expect(await program.ended).toEqual({ exitCode: 1, signal: null });
    expect(program.stdout).toContain('refused: 404 Not Found\n');
  });

  it('exits 1 with one line when the request makes no sense', async () => {
    const program = terminalCall({ TO: '1000', PLAY: 'no-such-file.wav', HOLDFAST_SIP_PORT: String(callee.port) });
    expect(await program.ended).toEqual({ exitCode: 1, signal: null });
    expect(program.stderr).toBe('cannot read no-such-file.wav\n');
  });
});
