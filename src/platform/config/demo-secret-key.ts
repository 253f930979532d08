import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newToken } from '../../lib';

/**
 * The key of a demo installation, made on first use and kept in `<dataDir>/secret-key` (mode 0600).
 * Written aside and then linked: of two gateways that start together exactly one writes it, and none reads half a key.
 */
export function demoSecretKey(dataDir: string): string {
  const path = join(dataDir, 'secret-key');
  mkdirSync(dataDir, { recursive: true });
  const draft = `${path}.${newToken(8)}`;
  writeFileSync(draft, newToken(32), { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  return readFileSync(path, 'utf8').trim();
}
