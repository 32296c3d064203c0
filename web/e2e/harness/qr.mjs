// What a phone's camera reads in a poster.

import jpeg from 'jpeg-js'
import jsQR from 'jsqr'

/** Size of a JPEG and the text of the QR code in it. */
export function poster(bytes) {
  const { width, height, data } = jpeg.decode(bytes, { useTArray: true, formatAsRGBA: true })
  const found = jsQR(new Uint8ClampedArray(data.buffer, data.byteOffset, data.length), width, height)
  return { width, height, text: found?.data ?? null }
}
