#!/bin/sh
# Download and unpack the sources of the bundled art. Usage: tools/assets/fetch.sh WORK
set -eu
work=$1
mkdir -p "$work/deb"
cd "$work"
for package in @iconify-json/noto@1.2.9 @iconify-json/twemoji@1.2.5 \
    @iconify-json/fluent-emoji-flat@1.2.6 emojibase-data@17.0.0 @dicebear/pixel-art@9.4.3; do
    file=$(npm pack --silent "$package")
    mkdir -p "${file%.tgz}"
    tar xzf "$file" -C "${file%.tgz}" --strip-components=1
    rm "$file"
done
apt-get download fonts-noto-cjk=1:20220127+repack1-1 fonts-wqy-microhei=0.2.0-beta-3.1
for file in ./*.deb; do
    dpkg -x "$file" deb
    rm "$file"
done
