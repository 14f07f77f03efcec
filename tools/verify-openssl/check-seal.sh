#!/bin/sh
# Check one seal line (e.g. scanned from the printed daily page) with OpenSSL alone.
#
#   check-seal.sh PUBLIC_KEY.pem < seal-line
#
# Prints the seal and "signature good"; exit code 0 good, 1 bad, 2 usage. Needs sh, sed, xxd or od, openssl ≥ 3.0.
set -eu
[ $# -eq 1 ] && [ -r "$1" ] || { echo "usage: check-seal.sh PUBLIC_KEY.pem < seal-line" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
head -n 1 > "$work/line"
sed -n 's/^{\("leaves":"[A-Za-z0-9+\/=]*",\)\{0,1\}"seal":\({.*}\),"sig":"[0-9a-f]\{128\}"}$/\2/p' "$work/line" | tr -d '\n' > "$work/seal"
sed -n 's/^.*,"sig":"\([0-9a-f]\{128\}\)"}$/\1/p' "$work/line" | tr -d '\n' > "$work/hex"
[ -s "$work/seal" ] && [ -s "$work/hex" ] || { echo "not a seal line" >&2; exit 1; }
# hexadecimal to bytes with printf, because xxd is not everywhere
: > "$work/sig"
# shellcheck disable=SC2059
for pair in $(sed 's/../& /g' "$work/hex"); do printf "\\$(printf '%03o' "0x$pair")" >> "$work/sig"; done
{ printf 'xieli-seal-1\n'; cat "$work/seal"; } > "$work/message"
if openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$work/message" -sigfile "$work/sig" > /dev/null 2>&1; then
    cat "$work/seal"; echo; echo "signature good"
else
    echo "signature BAD" >&2; exit 1
fi
