# shellcheck shell=bash disable=SC2016,SC2034
# helper.bash - what the tests of the init systems share: a machine for each
# file, the service in it, and programs for hupd to run.
#
# HOW is the way in which hupd is installed, and the name of the machine.

TOP=$(realpath "${BASH_SOURCE[0]%/*}/../..")
MACHINE=$TOP/tests/init/machine
export NAME=${HOW:?}
VERSION=$(make -s -C "$TOP" print-version)
DEB=$TOP/build/hupd_${VERSION}_$(dpkg --print-architecture).deb
RPM=$TOP/build/hupd-$VERSION-1.$(uname -m).rpm
CONF=/etc/hupd.d

# A later release, which tests/init/run makes.
LATER=$VERSION.9
LATER_DEB=$TOP/build/init/later/build/hupd_${LATER}_$(dpkg --print-architecture).deb
LATER_RPM=$TOP/build/init/later/build/hupd-$LATER-1.$(uname -m).rpm

# unpack_source DIR: what "make dist" has packed.
unpack_source() {
	mkdir -p "$1"
	tar -C "$1" --strip-components=1 -xf "$TOP/build/hupd-$VERSION.tar.gz"
}

# x COMMAND ...: run it in the machine.
x() {
	timeout 300 "$MACHINE" exec "$NAME" "$@" 3>&-
}

# The folder of the files of the machine, except /run, /dev and /proc.
root() {
	"$MACHINE" root "$NAME"
}

machine_is_up() {
	[ -s "$TOP/build/init/run/$NAME/pid" ]
}

# machine_up sysv|openrc
machine_up() {
	timeout 300 "$MACHINE" up "$NAME" "$TOP/build/init/$1.tar" 3>&-
	timeout 300 "$MACHINE" ready "$NAME" 3>&-
	install -m 755 "$TOP/tests/init/keeper" "$(root)/usr/local/bin/keeper"
	install -D -m 755 "$TOP/build/examples/greet" \
	    "$(root)/usr/local/libexec/greet"
}

machine_down() {
	timeout 300 "$MACHINE" down "$NAME" 3>&-
}

# machine_halt r|h: reboot or halt, and wait for that.
machine_halt() {
	x shutdown "-$1" now
	timeout 300 "$MACHINE" ended "$NAME" 3>&-
}

machine_boot() {
	timeout 300 "$MACHINE" boot "$NAME" 3>&-
	timeout 300 "$MACHINE" ready "$NAME" 3>&-
}

# I ACTION: the init script, called the way that its users do.
I() {
	case $HOW in
	*openrc)	x rc-service hupd "$@" ;;
	*)		x /etc/init.d/hupd "$@" ;;
	esac
}

# The statuses that OpenRC gives where an openrc-run script has no say.
is_openrc_run() {
	[ "$HOW" = openrc ]
}

# A command that must fail; bash ignores the status of "! command".
refute() {
	if "$@"; then
		return 1
	fi
}

# Wait until a command succeeds: $1 seconds on a quiet machine, and far longer
# on a busy one, which a test that passes does not take.
wait_for() {
	local tries=$(($1 * 200))
	shift
	until "$@"; do
		tries=$((tries - 1))
		if [ "$tries" -le 0 ]; then
			echo "not within the time: $*"
			return 1
		fi
		sleep 0.05
	done
}

# Is it in the event log, which another process writes?
logged() {
	x grep -q -e "$1" /var/log/hupd/hupd.log
}

# program NAME: its file, from stdin.
program() {
	cat >"$(root)$CONF/$1.conf"
	chmod 644 "$(root)$CONF/$1.conf"
}

# Two programs, of which one needs the other.
programs() {
	program base <<-E
	command = keeper base
	E
	program front <<-E
	command = keeper front
	depends-on = base
	E
}

bad_program() {
	program bad <<-E
	# The second line is wrong.
	comand = keeper bad
	E
}

# Every process of the hupd binary.
hupd_processes() {
	x sh -c 'for p in /proc/[0-9]*; do
		case $(readlink "$p/exe") in
		/usr/sbin/hupd*)	echo "${p#/proc/}" ;;
		esac
	done'
}

# A guard may bring it back, so all of them in one call, and look again.
hupd_kill() {
	local pids tries
	for tries in {1..20}; do
		pids=$(hupd_processes)
		[ -n "$pids" ] || return 0
		# shellcheck disable=SC2086
		x kill -KILL $pids 2>/dev/null || :
	done
	echo "hupd came back $tries times"
	return 1
}

hupd_pid() {
	x cat /run/hupd.pid
}

# keeper_pid NAME
keeper_pid() {
	x pgrep -f "^/bin/sh /usr/local/bin/keeper $1\$"
}

# Every pid that an action must not change.  A keeper that has forked has a child
# of the same name until that executes sleep.
pids() {
	echo "$(hupd_pid) $(keeper_pid base | head -n 1)" \
	    "$(keeper_pid front | head -n 1)"
}

# Nothing runs, nothing is configured, nothing was ever accepted.  A program is
# up when it is executed.
service_reset() {
	hupd_kill
	x pkill -KILL -f /usr/local/bin/keeper || :
	x sh -c "rm -rf $CONF/* /etc/hupd.conf /run/hupd /run/hupd.pid \
	    /var/lib/hupd /var/log/hupd /var/tmp/order
	    echo settle-time = 0 >/etc/hupd.conf"
	! is_openrc_run || x rc-service -q hupd zap
}

# A block of README.md, by the first and second word of its fence.
readme_fence() {
	sed -n "/^\`\`\`$1 $2\$/,/^\`\`\`\$/p" "$TOP/README.md" | sed '1d;$d'
}

readme_block() {
	readme_fence sh "$1"
}

readme_text() {
	readme_fence text "$1"
}

# guide WORD NAME: the same of docs/migration.md, about NAME instead of web.
guide() {
	sed -n "/^\`\`\`sh $1\$/,/^\`\`\`\$/p" "$TOP/docs/migration.md" |
	    sed "1d;\$d;s/web/$2/g"
}
