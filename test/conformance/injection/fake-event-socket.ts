import type { Socket } from 'node:net';
import { commandKind, cutCommands } from './event-socket-grammar';
import { FakeServer } from './fake-server';

const frame = (headers: string, body = ''): string =>
  `${headers}\n${body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\n`}\n${body}`;

/** A media server's event socket that judges every byte it is sent; every sound that has an end ends at once. */
export class FakeEventSocket extends FakeServer {
  /** Endless sounds by channel, the innermost last: a break ends that one. */
  readonly #endless = new Map<string, string[]>();
  #pending = '';

  protected serve(socket: Socket): void {
    socket.write(frame('Content-Type: auth/request'));
    socket.on('data', (bytes) => {
      // Latin-1: each byte is looked at, whatever it would be as UTF-8.
      const { commands, rest } = cutCommands(this.#pending + bytes.toString('latin1'));
      this.#pending = rest;
      socket.write(commands.map((command) => this.#answer(command)).join(''));
    });
  }

  #answer(command: string): string {
    const kind = commandKind(command);
    if (kind === undefined) this.strange.push(command.slice(0, 500));
    else this.count(kind);
    if (kind === 'play') return frame('Content-Type: command/reply\nReply-Text: +OK') + this.#played(command);
    if (!command.startsWith('api ')) return frame('Content-Type: command/reply\nReply-Text: +OK accepted');
    return frame('Content-Type: api/response', '+OK') + (kind === 'break' ? this.#broken(command.split(' ')[2] ?? '') : '');
  }

  #played(command: string): string {
    const [uuid = '', sound = '', token = ''] = [/^sendmsg (.*)$/m, /^execute-app-arg: (.*)$/m, /^Event-UUID: (.*)$/m]
      .map((pattern) => pattern.exec(command)?.[1] ?? '');
    if (!/^(?:silence_stream:\/\/-1|tone_stream|local_stream)/.test(sound)) return completed(uuid, token, 'done');
    this.#endless.set(uuid, [...(this.#endless.get(uuid) ?? []), token]);
    return '';
  }

  #broken(uuid: string): string {
    const token = this.#endless.get(uuid)?.pop();
    return token === undefined ? '' : completed(uuid, token, 'break');
  }
}

function completed(uuid: string, token: string, status: 'done' | 'break'): string {
  return [
    { 'Event-Name': 'PLAYBACK_STOP', 'Unique-ID': uuid, 'Playback-Status': status },
    { 'Event-Name': 'CHANNEL_EXECUTE_COMPLETE', 'Unique-ID': uuid, 'Application-UUID': token, 'Application-Response': 'FILE PLAYED' },
  ].map((event) => frame('Content-Type: text/event-json', JSON.stringify(event))).join('');
}
