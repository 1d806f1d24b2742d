# shellcheck shell=bash disable=SC2154
# life.bash - the life of a daemon in a booted root, under hupd, from the unit of
# its package: for tests/units/runs, which sources tests/init/helper.bash
# first.

# shellcheck source=tests/units/daemons.bash
. "$TOP/tests/units/daemons.bash"

# With $EXAMPLES set, from the file of examples/services instead.

# of KIND NAME [DEFAULT]: what daemons.bash has.
of() {
	local var=$1_$2
	[ "$1" != program ] || [ -z "${EXAMPLES-}" ] || var=example_$2
	echo "${!var-${3-}}"
}

# life_root INIT NAME ...: unpack a root with that init, and install these daemons
# and hupd there.  Status 77: the packages cannot be had.
life_root() {
	local init=$1 name packages=()
	shift
	timeout 300 "$MACHINE" unpack "$NAME" "$TOP/build/init/$init.tar"
	R=$(root)
	for name; do
		read -r -a more <<<"$(of packages "$name" "$name")"
		packages+=("${more[@]}")
	done
	mkdir -p "$TOP/build/init/apt"
	timeout 500 "$TOP/tests/units/install" "$R" "$TOP/build/init/apt" \
	    "${packages[@]}" || return 77
	grep -q -s localhost "$R/etc/hosts" ||
	    echo '127.0.0.1 localhost' >>"$R/etc/hosts"
	flock "$TOP/build/init/install.lock" \
	    make -s -C "$TOP" install "DESTDIR=$R" PREFIX=/usr INIT="$init" ||
	    return
	chroot "$R" adduser --quiet --system --group --no-create-home hupd ||
	    return
	case $init in
	sysv)	chroot "$R" update-rc.d hupd defaults ;;
	openrc)	chroot "$R" rc-update -q add hupd default ;;
	esac
}

# life_install INIT NAME ...: the same, and import their units, unchanged.
life_install() {
	local name
	life_root "$@" || return
	shift
	for name; do
		life_import "$name" || return
		! declare -f "prepare_$name" >/dev/null || "prepare_$name" ||
		    return
	done
}

# Import the units of a daemon, and disable the init scripts that the notes name.
life_import() {
	local unit units=() script notes
	for unit in $(of units "$1" "$1.service"); do
		units+=("/lib/systemd/system/$unit")
	done
	if [ -z "${EXAMPLES-}" ]; then
		notes=$(chroot "$R" hupctl import -w "${units[@]}" 2>&1)
	else
		life_example "$1" &&
		    notes=$(chroot "$R" hupctl import "${units[@]}" 2>&1)
	fi || {
		echo "$notes"
		return 1
	}
	echo "$notes"
	while read -r script; do
		[ ! -e "$R/etc/init.d/$script" ] ||
		    life_disable "$script" || return
	done < <(sed -n 's/.*update-rc\.d \(.*\) disable.*/\1/p' <<<"$notes")
}

# Change what only a container needs.
life_example() {
	local file
	file=$(of program "$1" "$1").conf
	sed -e "$(of adapt "$1")" "$TOP/examples/services/$file" \
	    >"$R$CONF/$file"
}

life_disable() {
	if [ -e "$R/usr/sbin/rc-update" ] || [ -e "$R/sbin/rc-update" ]; then
		chroot "$R" rc-update -q -a del "$1" || :
	else
		chroot "$R" update-rc.d "$1" disable
	fi
}

life_boot() {
	timeout 300 "$MACHINE" boot "$NAME" 3>&-
	timeout 300 "$MACHINE" ready "$NAME" 3>&-
}

# field NAME KEY: of hupctl -j status.
field() {
	x hupctl -j status 2>/dev/null | python3 -c '
import json, sys
for p in json.load(sys.stdin)["programs"]:
    if p["name"] == sys.argv[1]:
        print(p.get(sys.argv[2]))' "$(of program "$1" "$1")" "$2" 2>/dev/null
}

is_now() {
	[ "$(field "$1" state)" = "$2" ]
}

# The key of its file, as often as it occurs.
key() {
	sed -n "s/^$2 = //p" "$(root)$CONF/$(of program "$1" "$1").conf"
}

# The state of its start is known.
is_settled() {
	is_now "$1" up || is_now "$1" failed
}

# serves NAME: it is up, and answers.
serves() {
	wait_for 20 is_settled "$1" && is_now "$1" up && wait_for 4 "asks_$1"
}

gone_pid() {
	! x test -d "/proc/$1"
}

# Every step prints why it failed; a line "cell: TEXT" is what the table says instead
# of "ok".

# After a boot.  A unit without [Install] is started by hand.
step_start() {
	[ "$(key "$1" autostart)" != no ] ||
	    x hupctl start "$(of program "$1" "$1")" || return
	serves "$1"
}

step_reload() {
	local pid
	[ -n "$(key "$1" reload-signal)$(key "$1" reload-command)" ] || {
		echo "cell: none"
		return 0
	}
	[ -z "$(of no_reload "$1")" ] || {
		echo "cell: $(of no_reload "$1")"
		return 0
	}
	pid=$(field "$1" pid)
	x hupctl reload "$(of program "$1" "$1")" || return
	serves "$1" || return
	[ "$(field "$1" pid)" = "$pid" ] || {
		echo "the pid changed"
		return 1
	}
}

step_restart() {
	local pid
	! declare -f "before_restart_$1" >/dev/null || "before_restart_$1" ||
	    return
	pid=$(field "$1" pid)
	x hupctl restart "$(of program "$1" "$1")" || return
	serves "$1" || return
	! declare -f "after_restart_$1" >/dev/null || "after_restart_$1" ||
	    return
	[ "$(field "$1" pid)" != "$pid" ]
}

# A crash: it comes back, or is failed, as its unit says.
step_kill() {
	local pid program
	program=$(of program "$1" "$1")
	pid=$(field "$1" pid)
	x kill -KILL "$pid" || return
	wait_for 20 gone_pid "$pid" || return
	case $(key "$1" restart) in
	always | on-failure | on-abnormal | on-abort | '')
		serves "$1" || return ;;
	*)
		wait_for 20 is_now "$1" failed || return
		echo "cell: \`failed\`"
		x hupctl start "$program" || return
		serves "$1" || return ;;
	esac
	[ "$(field "$1" pid)" != "$pid" ]
}

# The daemon is killed: its successor has the same programs.
step_hupd() {
	local pid hupd
	pid=$(field "$1" pid)
	hupd=$(hupd_pid)
	x kill -KILL "$hupd" || return
	replaced() {
		[ "$(hupd_pid)" != "$hupd" ] && x hupctl ping >/dev/null 2>&1
	}
	wait_for 20 replaced || return
	serves "$1" || return
	[ "$(field "$1" pid)" = "$pid" ] || {
		echo "the program was restarted"
		return 1
	}
}

step_stop() {
	local pid program
	program=$(of program "$1" "$1")
	pid=$(field "$1" pid)
	x hupctl stop "$program" || return
	wait_for 20 gone_pid "$pid" || return
	is_now "$1" down || { echo "state $(field "$1" state)"; return 1; }
	x hupctl start "$program" && serves "$1"
}

step_reboot() {
	machine_halt r && life_boot && step_start "$1"
}

# The unit files of a daemon that systemd would read.
unit_files() {
	local unit template folder
	unit=$(of units "$1" "$1.service")
	unit=${unit%% *}
	template=${unit%%@*}@.service
	for folder in /lib/systemd/system /etc/systemd/system; do
		if [ -e "$(root)$folder/$unit" ]; then
			echo "$folder/$unit"
		elif [ "$unit" != "$template" ] &&
		    [ -e "$(root)$folder/$template" ]; then
			echo "$folder/$template"
		fi
	done
	(cd "$(root)" && find lib/systemd/system/"$unit.d"/ \
	    etc/systemd/system/"$unit.d"/ -name '*.conf' -printf '/%p\n' \
	    2>/dev/null)
}

# The keys of an example, as the directives that systemd has for them.
example_unit() {
	echo '[Service]'
	sed -E -e '/^#/d' -e '/=/!d' -e 's/^umask/UMask/' \
	    -e 's/^rlimit-([a-z]*)/Limit\U\1/' \
	    -e 's/^no-new-privs/NoNewPrivileges/' -e 's/suid-sgid/SUIDSGID/' \
	    -e 's/^groups/SupplementaryGroups/' -e 's/^directory/WorkingDirectory/' \
	    -e ':word' -e 's/^([A-Za-z]*)-([a-z])/\1\U\2/; t word' \
	    -e 's/^[a-z]/\U&/' \
	    -e 's/^([A-Za-z]*Directory) = ([^ ]*) ([0-7]*)$/\1 = \2\n\1Mode = \3/' \
	    -e 's/^(Capability.*) = none$/\1 =/' \
	    "$(root)$CONF/$(of program "$1" "$1").conf"
}

# Does the running program have what its unit promises?
step_promises() {
	local unit files known
	unit=$(of units "$1" "$1.service")
	known="^($(of changes "$1" none)|$(of lost "$1" none)):"
	mapfile -t files < <(unit_files "$1")
	if [ -n "${EXAMPLES-}" ]; then
		example_unit "$1" >"$(root)/root/example"
		files=(/root/example)
		# A file that does not set it has that of the daemon.
		known="$known|^LimitNOFILE soft:"
	fi
	cp "$TOP/tests/units/promises" "$(root)/root/promises"
	x env "PARENT=$(hupd_pid)" awk -f /root/promises "$(field "$1" pid)" \
	    "${unit%% *}" - "${files[@]}" >"$(root)/root/said"
	cat "$(root)/root/said"
	! grep -q -v -E "$known|^[0-9]+ of [0-9]+ promises\$" \
	    "$(root)/root/said"
}
