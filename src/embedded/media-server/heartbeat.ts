import { cpus } from 'node:os';
import type { Clock, Timer } from '../../lib';
import { MEDIA_SERVER_VERSION } from './api/status-commands';
import type { EventHub } from './event-socket/event-hub';
import type { AdmissionLimits } from './limits';

interface CpuTimes {
  readonly idle: number;
  readonly total: number;
}

function cpuTimes(): CpuTimes {
  let [idle, total] = [0, 0];
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.idle + times.user + times.nice + times.sys + times.irq;
  }
  return { idle, total };
}

/** HEARTBEAT with the load of this server, every `intervalMs` (contract page section 1). */
export class Heartbeat {
  #timer: Timer | undefined;
  #cpu: CpuTimes = cpuTimes();
  readonly #startedAt: number;

  constructor(
    private readonly hub: EventHub,
    private readonly limits: AdmissionLimits,
    private readonly clock: Clock,
    private readonly intervalMs: number,
  ) {
    this.#startedAt = clock.now();
  }

  start(): void {
    this.#timer = this.clock.every(this.intervalMs, () => this.#beat());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #beat(): void {
    const { limits } = this;
    const upMs = this.clock.now() - this.#startedAt;
    const idle = this.#idlePercent();
    this.hub.publish('HEARTBEAT', () => ({
      'Event-Info': 'System Ready',
      'Up-Time': `${Math.floor(upMs / 60_000)} minutes, ${Math.floor(upMs / 1000) % 60} seconds`,
      'Uptime-msec': String(upMs),
      'FreeSWITCH-Version': MEDIA_SERVER_VERSION,
      'Session-Count': String(limits.current),
      'Max-Sessions': String(limits.maxSessions),
      'Session-Per-Sec': String(limits.tokensLeft),
      'Session-Per-Sec-Last': String(limits.startedLastSecond),
      'Session-Per-Sec-Max': String(limits.sessionsPerSecond),
      'Session-Since-Startup': String(limits.total),
      'Session-Peak-Max': String(limits.peak),
      'Idle-CPU': idle.toFixed(6),
    }));
  }

  /** Since the last beat, over all cores. */
  #idlePercent(): number {
    const now = cpuTimes();
    const total = now.total - this.#cpu.total;
    const idle = total > 0 ? (100 * (now.idle - this.#cpu.idle)) / total : 100;
    this.#cpu = now;
    return idle;
  }
}
