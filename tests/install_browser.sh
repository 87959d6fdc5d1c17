#!/usr/bin/env bash
# Installs what the browser tests need, Chromium and a Chinese font, where it is missing and apt
# may be used. Otherwise says what to install and succeeds: those tests are then skipped.
set -euo pipefail

has_chromium() {
  command -v chromium || command -v chromium-browser || command -v google-chrome
} >/dev/null

has_chinese_font() {
  command -v fc-list >/dev/null && [[ -n "$(fc-list :lang=zh)" ]]
}

missing=()
has_chromium || missing+=(chromium)
has_chinese_font || missing+=(fontconfig fonts-noto-cjk)
if ((${#missing[@]} == 0)); then exit 0; fi

as_root=()
if ((EUID != 0)); then as_root=(sudo -n); fi

if command -v apt-get >/dev/null && { ((EUID == 0)) || sudo -n true 2>/dev/null; }; then
  echo "正在安装浏览器测试所需的软件包（installing）：${missing[*]}" >&2
  export DEBIAN_FRONTEND=noninteractive
  if "${as_root[@]}" apt-get update -q &&
    "${as_root[@]}" apt-get install -q -y --no-install-recommends "${missing[@]}"; then
    exit 0
  fi
fi

cat >&2 <<MESSAGE
浏览器测试将跳过。如需运行，请先安装：apt-get install ${missing[*]}
Browser tests will be skipped. To run them, first: apt-get install ${missing[*]}
MESSAGE
