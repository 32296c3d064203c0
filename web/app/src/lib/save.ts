// A picture of ours into the phone's album, or as a file.

import { toast } from './ui'

export function savePicture(url: string, name: string): void {
  // #ifdef H5
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  toast('已开始下载；也可以长按图片保存', 'good')
  // #endif
  // #ifdef MP-WEIXIN
  uni.downloadFile({
    url,
    success: ({ tempFilePath, statusCode }) => {
      if (statusCode !== 200) return toast('海报没有读到，请稍后再试')
      uni.saveImageToPhotosAlbum({
        filePath: tempFilePath,
        success: () => toast('已存到相册', 'good'),
        fail: () => toast(`没有存成：请允许使用相册，或长按图片保存（${name}）`),
      })
    },
    fail: () => toast('网络不通，海报没有读到'),
  })
  // #endif
}

/** Large, in WeChat's own viewer. On H5 the viewer would weigh more than all our components, and a long press does it. */
export function viewPicture(url: string): void {
  // #ifdef MP-WEIXIN
  uni.previewImage({ urls: [url], current: url })
  // #endif
  void url
}
