#!/bin/sh
# Writes down English speech without a network:  voki serve --transcriber-cmd '/path/to/transcribe.sh {input}'
#
# Debian: apt install ffmpeg pocketsphinx pocketsphinx-en-us. It is an example of what such a command looks like more than
# a good transcriber: one with whisper.cpp or vosk in the place of the last line hears better, and more languages.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ffmpeg -nostdin -v error -i "$1" -vn -ar 16000 -ac 1 -c:a pcm_s16le "$work/a.wav" || exit 65 # no audio that it can read
pocketsphinx_continuous -infile "$work/a.wav" -logfn "$work/log" || { tail -n 5 "$work/log" >&2; exit 1; }
