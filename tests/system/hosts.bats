#!/usr/bin/env bats
# hupctl -H: one command on several machines, by ssh.  The machines are this one,
# by an sshd of the test's own on loopback.

load helper

setup() {
	hupd_setup
	mkdir "$T/bin"
	CLIENT=$T/bin
}

# ssh_is SCRIPT: what hupctl finds as ssh.
ssh_is() {
	printf '#!/bin/sh\n%s\n' "$1" >"$CLIENT/ssh"
	chmod 755 "$CLIENT/ssh"
}

# hosts ARGUMENT ...: hupctl, which finds that ssh.
hosts() {
	hupd_env env PATH="$CLIENT:$PATH" "$HUPCTL" "$@"
}

# The hupctl of the other machines: it keeps the words that it is given.
other_hupctl() {
	mkdir -p "$T/other"
	cat >"$T/other/hupctl" <<-E
	#!/bin/sh
	printf '%s\0' "\$@" >"$T/words"
	TEST_MARK="$MARK" exec "$HUPCTL" -s "$T/run/hupd.sock" "\$@"
	E
	chmod 755 "$T/other/hupctl"
}

sshd_is_up() {
	(: <>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null
}

# An sshd for root's key, in a mount namespace with a /run of its own.
sshd_start() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	[ -x /usr/sbin/sshd ] || skip "needs sshd"
	unshare -m true 2>/dev/null || skip "needs mount namespaces"
	PORT=$(free_port)
	ssh-keygen -q -t ed25519 -N '' -f "$T/key"
	ssh-keygen -q -t ed25519 -N '' -f "$T/id"
	# sshd lets no account in whose password is locked.
	sed 's/^root:[^:]*/root:*/' /etc/shadow >"$T/shadow"
	chmod 600 "$T/shadow"
	cat >"$T/sshd_config" <<-E
	ListenAddress 127.0.0.1:$PORT
	HostKey $T/key
	AuthorizedKeysFile $T/id.pub
	PidFile none
	StrictModes no
	UsePAM no
	PermitRootLogin prohibit-password
	SetEnv PATH=$T/other:/usr/bin:/bin TEST_MARK=$MARK
	E
	cat >"$T/ssh_config" <<-E
	Host *
	IdentityFile $T/id
	IdentitiesOnly yes
	UserKnownHostsFile /dev/null
	StrictHostKeyChecking no
	LogLevel ERROR
	HostName 127.0.0.1
	User root
	Host one two
	Port $PORT
	Host dead
	Port 1
	E
	ssh_is "exec $(command -v ssh) -F '$T/ssh_config' \"\$@\""
	other_hupctl
	HUPD_EXEC="exec" hupd_env unshare -m sh -c "mount -t tmpfs tmpfs /run &&
	    mkdir /run/sshd && mount --bind '$T/shadow' /etc/shadow &&
	    exec /usr/sbin/sshd -D -e -f '$T/sshd_config'" \
	    >"$T/sshd" 2>&1 </dev/null &
	wait_for 10 sshd_is_up
}

@test "status, reload, restart and log of several machines" {
	sleeper web
	sshd_start
	hupd_start
	run -0 hosts -H one,two status
	[[ ${lines[0]} = "one  NAME  STATE "* ]]
	[[ $output = *$'\n'"one  web   up "*$'\n'"two  NAME "*$'\n'"two  web   up "* ]]
	# A machine that fails stops no other, and is named.
	run -1 hosts -H one,dead,two status
	[[ $output = *"one   web   up "* && $output = *"two   web   up "* ]]
	[[ $output = *"dead  ssh: connect to host 127.0.0.1 port 1: "* ]]
	[[ $output = *"hupctl: dead: ssh has failed"* ]]
	# Of those that fail alike the status is known.
	run -3 hosts -H one,two status nobody web
	echo 'comand = x' >"$T/hupd.d/bad.conf"
	run -6 hosts -H one,two reload
	[[ $output = *"one  $T/hupd.d/bad.conf:1: comand: "* ]]
	[[ $output = *"two  hupctl: reload rejected, nothing was changed"* ]]
	rm "$T/hupd.d/bad.conf"
	run -0 hosts -H one reload
	pid=$(pid_of web)
	run -0 hosts -H one restart web
	[ "$(pid_of web)" != "$pid" ]
	# As JSON: the host is a value of each line.
	hosts -j -H two,dead,one status >"$T/json" 2>/dev/null || [ $? -eq 1 ]
	python3 -c 'import json, sys
v = [json.loads(line) for line in open(sys.argv[1])]
assert [d["host"] for d in v] == ["two", "dead", "one"], v
assert [p["name"] for p in v[0]["programs"]] == ["web"], v
assert (v[1]["error"], v[1]["status"]) == ("ssh has failed", 1), v' "$T/json"
	# Lines that are followed come at once, from whichever machine.
	program talker <<<"command = sh -c 'while sleep 0.1; do echo it talks; done'"
	run -0 ctl reload
	HUPD_EXEC="exec" hosts -H two,one log -f talker >"$T/follow" &
	follower=$!
	wait_for 10 grep -q '^two  .*it talks' "$T/follow"
	wait_for 10 grep -q '^one  .*it talks' "$T/follow"
	kill "$follower"
	wait "$follower" || :
}

@test "words reach the other hupctl as they are, through any shell" {
	local shell words
	# shellcheck disable=SC1003
	words=(status "it's" '"' '$HOME' '`id`' '$(id)' '*' '?' '[a]' '{a,b}' '!!' \
	    '~' '~root' '#x' '%self' '=ls' '^a' ';' '&&' '|' '<a' '>b' '(c)' \
	    '\' '\n' 'a  b' ' ' '' '--' '-x' 'ä' 'k=v' '@' '+1')
	other_hupctl
	for shell in sh bash dash zsh fish tcsh mksh "busybox sh"; do
		command -v "${shell%% *}" >/dev/null || continue
		# The command line is the last word that ssh is given.
		ssh_is "for line; do :; done
		PATH='$T/other':\$PATH HOME='$T' exec $shell -c \"\$line\""
		rm -f "$T/words"
		hosts -H one "${words[@]}" >"$T/said" 2>&1 || :
		echo "$shell: $(cat "$T/said")"
		printf '%s\0' "${words[@]}" | cmp - "$T/words"
	done
	run -2 hosts -H one status $'a\nb'
	[[ $output = *"control characters cannot be passed to a host" ]]
}

@test "a host is no option of ssh, and not for every command" {
	local host
	ssh_is "touch '$T/ran'"
	for host in '' -oProxyCommand=x 'a b' 'a,' 'a,,b' '$(x)' 'a;b'; do
		run -2 hosts -H "$host" status
		[[ $output = *"is not the name of a host" ]]
	done
	run -2 hosts -H one top
	[[ $output = "hupctl: -H is not for 'top': run it there by ssh(1)" ]]
	run -2 hosts -H one add x -- y
	run -2 hosts -H one status --wrong
	[ ! -e "$T/ran" ]
}

@test "an ssh or a hupctl that is missing there is named" {
	ssh_is 'echo "sh: hupctl: not found" >&2; exit 127'
	run -1 hosts -H root@one,ssh://two:22 ping
	[[ $output = *"root@one      sh: hupctl: not found"* ]]
	[[ $output = *"hupctl: ssh://two:22: hupctl cannot be run there"* ]]
	rm "$CLIENT/ssh"
	run -1 hupd_env env PATH="$CLIENT" "$HUPCTL" -H one ping
	[[ $output = *"ssh: No such file or directory"*"one: ssh has failed"* ]]
}
