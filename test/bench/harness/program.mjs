import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const START_MS = 20_000;
/** What a program printed last, for the message when it fails. */
const KEPT_LINES = 40;

/** Programs that run: none outlives us, however we end. */
const running = new Set();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/**
 * Starts a program and waits for its line that begins with `ready`; `cpu` pins it to one. With a script of Node, `ask`
 * sends it a message and resolves with the answer to it.
 */
export async function startProgram(name, command, { env = {}, cpu, ready = /^ready/ } = {}) {
  const whole = cpu === undefined ? command : ['taskset', '-c', String(cpu), ...command];
  const child = spawn(whole[0], whole.slice(1), { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  running.add(child);
  const lines = [];
  let stopping = false;
  const answers = new Map();
  let asked = 0;
  child.on('message', ({ answerTo, answer, error }) => {
    const waiting = answers.get(answerTo);
    answers.delete(answerTo);
    if (error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(`${name}: ${error}`));
  });
  const exited = once(child, 'exit').then(() => {
    running.delete(child);
    for (const { reject } of answers.values()) reject(new Error(`${name} ended:\n${lines.join('\n')}`));
    if (!stopping) process.stderr.write(`${name} ended unasked:\n${lines.join('\n')}\n`);
  });
  const readyLine = new Promise((resolve, reject) => {
    const failed = (why) => reject(new Error(`${name} ${why}:\n${lines.join('\n')}`));
    const timer = setTimeout(failed, START_MS, 'did not get ready');
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (lines.length > KEPT_LINES) lines.shift();
        if (!ready.test(line)) return;
        clearTimeout(timer);
        resolve(line);
      });
    }
    child.once('error', reject);
    void exited.then(() => failed('ended'));
  });
  const line = await readyLine;
  return {
    name, pid: child.pid, line, lines,
    ask(message) {
      asked += 1;
      child.send({ ...message, ask: asked });
      return new Promise((resolve, reject) => answers.set(asked, { resolve, reject }));
    },
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), 8_000);
      await exited;
      clearTimeout(kill);
    },
  };
}

/** Stops all, the last one first, also when one fails; then throws the first failure. */
export async function stopAll(stops) {
  const failures = [];
  for (const stop of stops.splice(0).reverse()) await Promise.resolve(stop()).catch((error) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
