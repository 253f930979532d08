import { messageOf } from '../../lib';
import { readEnvironment } from './environment';
import { MediaServer } from './media-server';

/** A stop that takes longer is cut off. */
const STOP_DEADLINE_MS = 900;

async function main(): Promise<void> {
  const read = readEnvironment(process.env);
  if (read.outcome === 'invalid') {
    process.stderr.write(`media server: ${read.problems.join('; ')}\n`);
    process.exitCode = 1;
    return;
  }
  const log = (line: string): void => void process.stderr.write(`media server: ${line}\n`);
  const onFailure = (error: Error): void => {
    log(`a media thread died: ${error.message}`);
    process.exit(1);
  };
  const server = new MediaServer({ ...read.options, log, onFailure });
  try {
    await server.start();
  } catch (error) {
    log(messageOf(error));
    process.exit(1);
  }
  const stop = (): void => {
    setTimeout(() => process.exit(0), STOP_DEADLINE_MS).unref();
    void server.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  const { host, port } = server.eslAddress;
  process.stdout.write(`ready esl=${host}:${port} sip=${server.sipAddress}\n`);
}

void main();
