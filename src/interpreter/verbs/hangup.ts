import type { HangupVerb } from '../../twiml';
import { hangup } from '../outcome';
import type { Executor } from '../verb-context';

export const executeHangup: Executor<HangupVerb> = () => Promise.resolve(hangup('local-hangup'));
