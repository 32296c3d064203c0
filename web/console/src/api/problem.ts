import type { components } from './schema'

export type Problem = components['schemas']['ProblemBody']

/** A request that the server refused, or that never reached it. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title)
  }

  get code() {
    return this.problem.code
  }

  /** What is wrong with which field. */
  field(name: string): string | undefined {
    return this.problem.fields?.find((f) => f.field === name)?.message
  }
}

export const unreachable = (cause: unknown) =>
  new Refused({
    code: cause instanceof DOMException && cause.name === 'TimeoutError' ? 'network.slow' : 'network.lost',
    status: 0, title: '', detail: String(cause), instance: '', type: '',
  })

export const asRefused = (thrown: unknown): Refused =>
  thrown instanceof Refused
    ? thrown
    : new Refused({ code: 'console.error', status: 0, title: '', detail: String(thrown), instance: '', type: '' })
