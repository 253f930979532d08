import { type AlertCode } from '../lib';
import { type VerbFault } from './findings';

/** Contract 6.1: characters, counted as code points. */
export const MAX_QUEUE_NAME = 64;

/** What is wrong with a queue name, by the codes of the element it stands in. */
export function queueNameFault(name: string, codes: { tooShort: AlertCode; tooLong: AlertCode }): VerbFault | undefined {
  const length = [...name].length;
  if (length < 1) return { code: codes.tooShort, message: 'the queue name is empty' };
  if (length > MAX_QUEUE_NAME) {
    return { code: codes.tooLong, message: `the queue name has ${length} characters, more than ${MAX_QUEUE_NAME}` };
  }
  return undefined;
}
