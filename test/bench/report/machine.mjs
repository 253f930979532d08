import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, totalmem } from 'node:os';

const require = createRequire(import.meta.url);
const versionOf = (name) => {
  // Not every package exports its package.json.
  const path = require.resolve.paths(name).map((place) => `${place}/${name}/package.json`).find(exists);
  return path ? JSON.parse(readFileSync(path, 'utf8')).version : 'unknown';
};
const exists = (path) => {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false; // Not in this folder: the next one up is looked at.
  }
};

/** What the figures depend on besides the code. */
export function machine() {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() || 'unknown', cores: all.length, gigabytes: Math.round(totalmem() / 1e9), node: process.version,
    load: loadavg().map((load) => Number(load.toFixed(1))),
    packages: Object.fromEntries(['bullmq', 'fast-xml-parser', 'ioredis', 'undici'].map((name) => [name, versionOf(name)])),
  };
}
