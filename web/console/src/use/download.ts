import { ElMessage } from 'element-plus'
import 'element-plus/es/components/message/style/css'
import { api, of } from '@/api/client'
import { asRefused } from '@/api/problem'
import { problemWords } from '@/words/problems'
import type { Asked } from './list'

/** Lets the browser save what the server streams. The session is looked at first: an export that fails says nothing. */
export async function download(path: string, asked: Asked = {}) {
  try {
    await of(api.GET('/api/v1/me'))
  } catch (thrown) {
    const refused = asRefused(thrown)
    if (refused.code !== 'session.required') ElMessage({ type: 'error', message: problemWords(refused.problem).title })
    return
  }
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(asked)) if (value !== undefined) query.set(key, String(value))
  const link = document.createElement('a')
  link.href = query.size ? `${path}?${query}` : path
  link.download = ''
  link.click()
}
