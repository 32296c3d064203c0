export interface DiffLine { kind: 'same' | 'added' | 'gone'; text: string }

/** What became of a text, line by line: the longest common run of lines stays, the rest is gone or added. */
export function diff(before: string, after: string): DiffLine[] {
  const a = before.split('\n')
  const b = after.split('\n')
  const width = b.length + 1
  // Lengths of the longest common runs of what follows. A document has at most some hundred lines.
  const runs = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      runs[i * width + j] = a[i] === b[j] ? runs[(i + 1) * width + j + 1]! + 1 : Math.max(runs[(i + 1) * width + j]!, runs[i * width + j + 1]!)
    }
  }
  const lines: DiffLine[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i]! })
      i += 1
      j += 1
    } else if (i < a.length && (j >= b.length || runs[(i + 1) * width + j]! >= runs[i * width + j + 1]!)) {
      lines.push({ kind: 'gone', text: a[i]! })
      i += 1
    } else {
      lines.push({ kind: 'added', text: b[j]! })
      j += 1
    }
  }
  return lines
}
