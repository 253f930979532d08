import { CALL_SCRIPTS, LUA_DIRECTORY } from '../../../src/calls/call-admission';
import { describeScripts } from '../../support/lua-sources';

describeScripts('the calls of accounts', LUA_DIRECTORY, CALL_SCRIPTS);
