import { ElMessage } from 'element-plus'
import 'element-plus/es/components/message/style/css'
import { t } from '@/words'

export async function copy(text: string) {
  try {
    await navigator.clipboard.writeText(text)
    ElMessage({ type: 'success', message: t('copy.done'), grouping: true })
  } catch {
    // Without https there is no clipboard: the text is shown, to be copied by hand.
    ElMessage({ type: 'info', message: text, duration: 8000, showClose: true })
  }
}
