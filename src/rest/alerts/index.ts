export { alerts } from './alerts';
