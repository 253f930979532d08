import { LUA_DIRECTORY, TENANCY_SCRIPTS } from '../../../src/tenancy/alert-log';
import { describeScripts } from '../../support/lua-sources';

describeScripts('tenancy', LUA_DIRECTORY, TENANCY_SCRIPTS);
