import { startRedis } from '../../support/redis-server';
import { describeEngine } from './engine/engine-suite';

describeEngine('one node', () => startRedis());
