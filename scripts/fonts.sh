#!/usr/bin/env bash
# Makes the fonts of the posters again: Noto Sans SC (OFL 1.1), cut to the characters that Chinese shop texts need and
# packed. Needs npm, python3 with venv, and zstd. Nothing else of the build needs this; the result is committed.
#
#   Bold     all of GBK: names and brands have rare characters
#   Regular  GB2312: small print; what it lacks is taken from Bold
set -euo pipefail
cd "$(dirname "$0")/.."
out=crates/posters/assets/fonts
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(cd "$work" && npm pack --silent @expo-google-fonts/noto-sans-sc@0.4.3 >/dev/null && tar xzf ./*.tgz)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet fonttools==4.60.1

# Latin with accents, punctuation, currency, arrows, units and circled numbers come with both.
common='U+0020-007E,U+00A0-017F,U+2010-2027,U+2030-203B,U+20AC,U+2100-2122,U+2150-216B,U+2190-2199,U+2460-249B,U+25A0-25CF,U+2605-2606,U+3000-3017,U+33A0-33D5,U+FF01-FF5E,U+FFE0-FFE5'
# Ranges and code points, one a line: too many for an argument.
characters() {
    tr ',' '\n' <<<"$common"
    python3 - "$1" <<'PY'
import sys
found = []
for code in range(0x80, 0x10000):
    try:
        chr(code).encode(sys.argv[1])
        found.append("U+%04X" % code)
    except UnicodeEncodeError:
        pass
print("\n".join(found))
PY
}

cut() { # weight, file in the package, character set
    characters "$3" >"$work/$1.txt"
    "$work/venv/bin/pyftsubset" "$work/package/$2" --output-file="$work/$1.ttf" --unicodes-file="$work/$1.txt" \
        --no-hinting --drop-tables+=vmtx,vhea,BASE --layout-features=kern,liga,tnum --name-IDs=0,1,2,4,6,13,14
    zstd --quiet --force -19 "$work/$1.ttf" -o "$out/NotoSansSC-$1.ttf.zst"
}
mkdir -p "$out"
cut Bold 700Bold/NotoSansSC_700Bold.ttf gbk
cut Regular 400Regular/NotoSansSC_400Regular.ttf gb2312
cp "$work/package/LICENSE_FONT" "$out/OFL.txt"
ls -l "$out"
