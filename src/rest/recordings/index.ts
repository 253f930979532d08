export { recordings } from './recordings';
