/** Characters of a logo's data URL at the most; `programs/rules.rs` refuses more. */
const MOST = 48 * 1024
const KINDS = ['image/png', 'image/jpeg', 'image/webp']

/** A picture file as a data URL that the server takes: as it is where it is small enough, else made smaller. Null where it is no picture. */
export async function logoOf(file: File): Promise<string | null> {
  if (!KINDS.includes(file.type)) return null
  if (file.size * 4 < MOST * 3 - 64) {
    const bytes = new Uint8Array(await file.arrayBuffer())
    const url = `data:${file.type};base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`
    return url.length <= MOST && (await createImageBitmap(file).then(() => true, () => false)) ? url : null
  }
  const picture = await createImageBitmap(file).catch(() => null)
  if (!picture) return null
  const canvas = document.createElement('canvas')
  const pen = canvas.getContext('2d')
  if (!pen) return null
  for (const side of [256, 192, 128, 96]) {
    const scale = Math.min(1, side / Math.max(picture.width, picture.height))
    canvas.width = Math.max(1, Math.round(picture.width * scale))
    canvas.height = Math.max(1, Math.round(picture.height * scale))
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height)
    // PNG keeps what is transparent; a photograph is smaller as WebP.
    for (const url of [canvas.toDataURL('image/png'), canvas.toDataURL('image/webp', 0.9)]) if (url.length <= MOST) return url
  }
  return null
}
