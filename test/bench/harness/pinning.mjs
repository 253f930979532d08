import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { cpus } from 'node:os';

/** Sets the CPUs that all threads of a process may use, `0` or `0-1`; returns the way back. */
export function pin(pid, cpu) {
  execFileSync('taskset', ['-a', '-p', '-c', String(cpu), String(pid)], { stdio: 'ignore' });
  return () => void execFileSync('taskset', ['-a', '-p', '-c', `0-${cpus().length - 1}`, String(pid)], { stdio: 'ignore' });
}

/** The process of this machine that listens on the TCP port; undefined when it is elsewhere, or not ours to see. */
export function listenerOn(port) {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n').map((line) => line.trim().split(/\s+/));
  const inode = lines.find(([, local, , state]) => local?.endsWith(hex) && state === '0A')?.[9];
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).find((pid) => holds(pid, `socket:[${inode}]`));
}

function holds(pid, link) {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === link);
  } catch {
    return false; // It has ended meanwhile, or is somebody else's.
  }
}
