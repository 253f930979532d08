import pino from 'pino';
import { prettyFactory } from 'pino-pretty';
import { redactFacts, redactText } from './redact';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Writes one line: facts first, then what happened. A thrown value goes under `err`. */
export interface LogMethod {
  (facts: object, message: string): void;
  (message: string): void;
}

/** What rooms see of logging. One child a call: `logger.child({ callSid, accountSid })`. */
export interface Logger {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** A logger whose lines all carry `bindings`; it shares the level of its parent. */
  child(bindings: object): Logger;
}

type Destination = { write(line: string): unknown };

export interface LoggerOptions {
  readonly level?: LogLevel;
  /** `auto` (default): for people when stdout is a terminal, JSON otherwise. */
  readonly pretty?: 'auto' | 'always' | 'never';
  /** On every line, e.g. `{ gateway: 'gw-1' }`. */
  readonly bindings?: object;
  /** Where lines go; default stdout. */
  readonly destination?: Destination;
}

function methodOf(target: pino.Logger, level: Exclude<LogLevel, 'silent'>): LogMethod {
  return (facts: object | string, message?: string): void => {
    // The copy without secrets is made only for lines that are written.
    if (!target.isLevelEnabled(level)) return;
    if (typeof facts === 'string') target[level](redactText(facts));
    else target[level](redactFacts(facts), redactText(message ?? ''));
  };
}

function wrap(target: pino.Logger): Logger {
  return Object.freeze({
    trace: methodOf(target, 'trace'),
    debug: methodOf(target, 'debug'),
    info: methodOf(target, 'info'),
    warn: methodOf(target, 'warn'),
    error: methodOf(target, 'error'),
    fatal: methodOf(target, 'fatal'),
    child: (bindings: object): Logger => wrap(target.child(redactFacts(bindings))),
  });
}

function prettyWriter(destination: Destination, colorize: boolean): (line: string) => void {
  const format = prettyFactory({ colorize, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname', singleLine: true });
  return (line) => {
    const text = format(line);
    if (text !== undefined) destination.write(text);
  };
}

/** pino, one JSON object a line (time in ISO 8601), or readable lines for people; secrets never reach either. */
export function createLogger(options: LoggerOptions = {}): Logger {
  const { level = 'info', pretty = 'auto', bindings = {} } = options;
  const onTerminal = options.destination === undefined && process.stdout.isTTY;
  // Synchronous: the last lines before a crash are the ones that matter.
  const destination = options.destination ?? pino.destination({ dest: 1, sync: true });
  const forPeople = pretty === 'always' || (pretty === 'auto' && onTerminal);
  const plainWriter = (line: string): void => void destination.write(line);
  const stream = { write: forPeople ? prettyWriter(destination, onTerminal) : plainWriter };
  const root = pino({
    level,
    base: redactFacts(bindings),
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: (value: unknown) => value },
  }, stream);
  return wrap(root);
}

/** A logger that writes nothing, for tests and tools. */
export const silentLogger = (): Logger => createLogger({ level: 'silent' });
