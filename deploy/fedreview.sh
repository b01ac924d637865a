#!/bin/sh
# Install as /usr/local/bin/fedreview: runs the command as the service does, as the same
# user and with the same settings, so that no file ends up with the wrong owner.
set -eu
[ "$(id -u)" = 0 ] || exec sudo -- "$0" "$@"
set -a
# shellcheck source=/dev/null
. /etc/fedreview/fedreview.env
set +a
umask 0027
exec runuser -u fedreview -- /opt/fedreview/bin/fedreview "$@"
