import type { LeaveVerb } from '../../twiml';
import { LEAVE } from '../outcome';
import type { Executor } from '../verb-context';

export const executeLeave: Executor<LeaveVerb> = () => Promise.resolve(LEAVE);
