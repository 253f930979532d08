import { messageOf } from '../lib';
import { readCallRequest } from './call-request';
import { placeCall } from './place-call';

/** The command-line phone behind `make call`. */
async function main(): Promise<number> {
  const interrupted = new AbortController();
  const hangUp = (): void => interrupted.abort();
  process.once('SIGINT', hangUp);
  process.once('SIGTERM', hangUp);
  const tell = (line: string): void => void process.stdout.write(`${line}\n`);
  return placeCall(readCallRequest(process.env), { tell, signal: interrupted.signal });
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  },
);
