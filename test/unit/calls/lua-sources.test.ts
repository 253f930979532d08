import { RECORD_SCRIPTS } from '../../../src/calls';
import { CALL_SCRIPTS, LUA_DIRECTORY } from '../../../src/calls/call-counts';
import { describeScripts } from '../../support/lua-sources';

describeScripts('the calls of accounts', LUA_DIRECTORY, { ...CALL_SCRIPTS, ...RECORD_SCRIPTS });
