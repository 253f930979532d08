import type { Socket } from 'node:net';
import { type Clock, newUuid } from '../lib';
import { FrameGate } from './frame-gate';

/** The part of drachtio-srf's WireProtocol (lib/wire-protocol.js, 5.0.29) that writes and reads frames. */
export interface FrameWire {
  send(socket: Socket, message: string): string;
  on(event: 'msg', listener: (socket: Socket, message: string) => void): unknown;
  on(event: 'close', listener: (socket: Socket) => void): unknown;
}

/**
 * Makes everything that goes to drachtio pass a FrameGate, also what drachtio-fsmrf sends through the same connection:
 * drachtio-srf writes each frame at once, whatever its size.
 */
export function gateFrames(wire: FrameWire, clock: Clock): void {
  const gates = new Map<Socket, FrameGate>();
  const gateOf = (socket: Socket): FrameGate => {
    const known = gates.get(socket);
    if (known) return known;
    const gate = new FrameGate((frame) => void socket.write(frame), clock);
    gates.set(socket, gate);
    return gate;
  };
  wire.send = (socket, message) => {
    const id = newUuid();
    gateOf(socket).send(id, `${id}|${message}`);
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
