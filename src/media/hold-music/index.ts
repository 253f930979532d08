export { type HoldMusic, renderHoldMusic } from './render-hold-music';
