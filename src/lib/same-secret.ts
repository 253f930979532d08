import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether two secrets are the same; takes the same time whatever differs, and whatever the lengths. */
export function sameSecret(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(one), digest(other));
}
