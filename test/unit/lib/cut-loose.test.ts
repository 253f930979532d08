import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cutLoose } from '../../../src/lib';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it('is the same text, whatever its characters', () => {
  expect(cutLoose('sip:grüße@example.com')).toBe('sip:grüße@example.com');
  expect(cutLoose('')).toBe('');
});

it('does not keep the text alive that it was cut from', () => {
  const frame = (number: number): string => Buffer.alloc(100_000, `${number} `).toString();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const held = Array.from({ length: 100 }, (_, number) => cutLoose(frame(number).slice(100, 140)));
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan((held.length * 100_000) / 2);
});
