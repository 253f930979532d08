import { messageOf, newUuid } from '../../../lib';
import { type EslCommand, encodeEslFrame, type EslEventFormat, type EslHeaders, headerOf } from '../../../protocol/esl';
import type { Channel } from '../channel/channel';
import { causeOf } from '../channel/causes';
import type { EventHub } from './event-hub';
import type { Subscription } from './subscription';

/** What commands act on; the same for connections from and to us. */
export interface CommandWorld {
  readonly hub: EventHub;
  readonly find: (uuid: string) => Channel | undefined;
  /** Runs one api command line and returns its output. */
  readonly api: (line: string) => Promise<string>;
}

export interface CommandContext {
  readonly world: CommandWorld;
  readonly subscription: Subscription;
  readonly send: (bytes: Buffer) => void;
  /** The channel of an outbound connection. */
  readonly channel?: Channel;
  readonly setLinger?: (seconds: number | undefined) => void;
}

const reply = (text: string, more: EslHeaders = {}): Buffer =>
  encodeEslFrame({ 'Content-Type': 'command/reply', 'Reply-Text': text, ...more });

const FORMATS: readonly string[] = ['plain', 'json'];

/** A command after authentication; texts are those of mod_event_socket. `exit` and `auth` belong to the connection. */
export async function runCommand(command: EslCommand, context: CommandContext): Promise<void> {
  const answer = (text: string, more?: EslHeaders): void => context.send(reply(text, more));
  switch (command.verb) {
    case 'event': return answer(subscribe(command.args, context.subscription));
    case 'nixevent':
      context.subscription.remove(command.args.split(/\s+/));
      return answer('+OK events nixed');
    case 'noevents':
      if (context.subscription.clear()) return answer('+OK no longer listening for events');
      return answer('-ERR not listening for events');
    case 'filter': return answer(filter(command.args, context.subscription));
    case 'myevents': return answer(myEvents(command.args, context));
    case 'sendmsg': return answer(sendMessage(command, context));
    case 'api': return runApi(command.args, context);
    case 'bgapi': return startBackgroundApi(command, context);
    case 'linger':
    case 'nolinger': return answer(linger(command, context));
    case 'divert_events': return answer('+OK events not diverted');
    case 'getvar':
      if (context.channel) return answer(context.channel.variables.get(command.args) ?? '');
      return answer('-ERR command not found');
    case 'connect':
      if (context.channel) return answer('+OK');
      return answer('-ERR command not found');
    default: return answer('-ERR command not found');
  }
}

function subscribe(args: string, subscription: Subscription): string {
  const words = args.split(/\s+/).filter((word) => word !== '');
  const [first = ''] = words;
  const format = FORMATS.includes(first.toLowerCase()) ? (first.toLowerCase() as EslEventFormat) : undefined;
  const names = format ? words.slice(1) : words;
  if (names.length === 0) return '-ERR no keywords supplied';
  if (format) subscription.format = format;
  subscription.add(names);
  return `+OK event listener enabled ${subscription.format}`;
}

function filter(args: string, subscription: Subscription): string {
  const words = args.split(/\s+/);
  const [verb = ''] = words;
  const deleting = verb.toLowerCase() === 'delete';
  const [name = '', ...rest] = deleting || verb.toLowerCase() === 'add' ? words.slice(1) : words;
  const value = rest.join(' ');
  if (deleting && name !== '') {
    subscription.removeFilter(name, value === '' ? undefined : value);
    return `+OK filter deleted. [${name}][${value}]`;
  }
  if (name === '' || value === '') return '-ERR invalid syntax';
  subscription.addFilter(name, value);
  return `+OK filter added. [${name}]=[${value}]`;
}

function myEvents(args: string, { channel, subscription, world }: CommandContext): string {
  const words = args.split(/\s+/).filter((word) => word !== '');
  const uuid = channel?.uuid ?? words.find((word) => !FORMATS.includes(word));
  if (uuid === undefined || !world.find(uuid)) return '-ERR invalid uuid';
  const format = words.find((word) => FORMATS.includes(word));
  if (format) subscription.format = format as EslEventFormat;
  subscription.onlyChannel = uuid;
  subscription.add(['ALL']);
  return '+OK Events Enabled';
}

function sendMessage(command: EslCommand, { channel, world }: CommandContext): string {
  const uuid = command.args || headerOf(command.headers, 'session-id') || channel?.uuid;
  const target = uuid === undefined ? undefined : world.find(uuid);
  if (!target) return `-ERR invalid session id [${uuid ?? ''}]`;
  const header = (name: string): string | undefined => headerOf(command.headers, name);
  switch ((header('call-command') ?? '').toLowerCase()) {
    case 'execute': {
      const eventUuid = header('Event-UUID');
      target.runner.execute({
        name: header('execute-app-name') ?? '',
        argument: header('execute-app-arg') ?? command.body,
        ...(eventUuid === undefined ? {} : { uuid: eventUuid }),
        lock: header('event-lock') === 'true',
        loops: Number(header('loops') ?? 1),
      });
      return '+OK';
    }
    case 'hangup':
      target.hangUp(causeOf(header('hangup-cause') ?? 'NORMAL_CLEARING'));
      return '+OK';
    default:
      return '+OK';
  }
}

async function runApi(line: string, { world, send }: CommandContext): Promise<void> {
  const output = await world.api(line);
  send(encodeEslFrame({ 'Content-Type': 'api/response' }, output === '' ? '-ERR no reply\n' : output));
}

/** Does not hold up the commands behind it; its end is an event for whoever listens. */
function startBackgroundApi(command: EslCommand, { world, send }: CommandContext): void {
  const jobUuid = headerOf(command.headers, 'Job-UUID') ?? newUuid();
  send(reply(`+OK Job-UUID: ${jobUuid}`, { 'Job-UUID': jobUuid }));
  const [, name = '', argument = ''] = /^(\S*)\s*(.*)$/s.exec(command.args) ?? [];
  const headers: Record<string, string> = { 'Job-UUID': jobUuid, 'Job-Command': name };
  if (argument !== '') headers['Job-Command-Arg'] = argument;
  const publish = (body: string): void => world.hub.publish('BACKGROUND_JOB', () => headers, { body });
  world.api(command.args).then(publish, (error: unknown) => publish(`-ERR ${messageOf(error)}\n`));
}

function linger(command: EslCommand, { setLinger }: CommandContext): string {
  if (!setLinger) return '-ERR not controlling a session';
  if (command.verb === 'nolinger') {
    setLinger(undefined);
    return '+OK will not linger';
  }
  const seconds = Number.parseInt(command.args, 10);
  setLinger(Number.isNaN(seconds) ? 15 : seconds);
  return Number.isNaN(seconds) ? '+OK will linger' : `+OK will linger ${seconds} seconds`;
}

