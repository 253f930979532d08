import { LUA_DIRECTORY, QUEUE_SCRIPTS } from '../../../src/queueing/queue-scripts';
import { describeScripts } from '../../support/lua-sources';

describeScripts('the queue engine', LUA_DIRECTORY, QUEUE_SCRIPTS);
