import type { Socket } from 'node:net';
import { type Clock, GatewayError, newUuid, oneWriteATurn } from '../lib';
import { FrameGate, LONGEST_FRAME_BYTES } from '../protocol/drachtio';

/** The part of drachtio-srf's WireProtocol (lib/wire-protocol.js, 5.0.29) that writes and reads frames. */
export interface FrameWire {
  send(socket: Socket, message: string): string;
  on(event: 'msg', listener: (socket: Socket, message: string) => void): unknown;
  on(event: 'close', listener: (socket: Socket) => void): unknown;
  emit(event: string, ...args: unknown[]): boolean;
}

/**
 * Makes everything that goes to drachtio pass a FrameGate, also what drachtio-fsmrf sends through the same connection:
 * drachtio-srf writes each frame at once, whatever its size. `send` then throws `dialogs-message-too-large` for a frame that
 * drachtio cannot read.
 */
export function gateFrames(wire: FrameWire, clock: Clock): void {
  const gates = new Map<Socket, FrameGate>();
  const gateOf = (socket: Socket): FrameGate => {
    const known = gates.get(socket);
    if (known) return known;
    const write = (frame: Buffer): void => {
      oneWriteATurn(socket);
      socket.write(frame);
    };
    const gate = new FrameGate(write, clock);
    gates.set(socket, gate);
    return gate;
  };
  wire.send = (socket, message) => {
    const id = newUuid();
    const payload = Buffer.from(`${id}|${message}`);
    if (!gateOf(socket).send(id, payload)) {
      throw new GatewayError('dialogs-message-too-large',
        `a SIP message of ${payload.length} bytes; at most ${LONGEST_FRAME_BYTES} fit`);
    }
    return id;
  };
  wire.on('msg', (socket, message) => {
    const [, kind, id = ''] = message.slice(0, 200).split('|', 3);
    if (kind === 'response') gates.get(socket)?.acknowledged(id);
  });
  wire.on('close', (socket) => {
    gates.get(socket)?.close();
    gates.delete(socket);
  });
}
