// Reading what the console exports, as a spreadsheet would.

export function parse(text) {
  const rows = []
  let row = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (quoted) {
      if (c !== '"') cell += c
      else if (text[i + 1] === '"') cell += text[++i]
      else quoted = false
    } else if (c === '"') quoted = true
    else if (c === ',' || c === '\n') {
      row.push(cell.replace(/\r$/, ''))
      cell = ''
      if (c === '\n') {
        rows.push(row)
        row = []
      }
    } else cell += c
  }
  if (quoted) throw new Error('the file ends within quotes')
  if (cell || row.length) rows.push([...row, cell])
  return rows
}
