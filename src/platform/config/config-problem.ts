import type { z } from 'zod';

/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** Dotted path of the key, or the file or variable at fault. */
  readonly path: string;
  /** What is wrong and what to do. */
  readonly message: string;
}

export function dottedPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) =>
    typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`, '');
}

/** Zod's findings as problems; `envOf` names the variable that could set the key. */
export function problemsOf(error: z.ZodError, envOf: (path: string) => string | undefined): ConfigProblem[] {
  return error.issues.map((issue) => {
    const path = dottedPath(issue.path);
    const env = envOf(path);
    const how = env === undefined ? '' : ` (or set ${env})`;
    if (issue.code === 'unrecognized_keys') {
      const keys = issue.keys.join(', ');
      const message = 'is not a known key: correct or remove it, see docs/config.md';
      return { path: path === '' ? keys : `${path}.${keys}`, message };
    }
    if (issue.code === 'invalid_type' && issue.message.includes('received undefined')) {
      return { path, message: `is missing: add it${how}` };
    }
    return { path: path === '' ? 'configuration' : path, message: `${issue.message}${how}` };
  });
}

/** All problems, one a line, for people. */
export function describeProblems(problems: readonly ConfigProblem[]): string {
  return problems.map((problem) => `  ${problem.path}: ${problem.message}`).join('\n');
}
