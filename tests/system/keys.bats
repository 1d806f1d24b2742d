#!/usr/bin/env bats
# hupctl list-keys and cat: the keys, and what defines a program.

load helper

@test "list-keys has every key, with its default" {
	run -0 "$HUPCTL" list-keys
	[[ $output = *$'\nstop-timeout                10s          live\n'* ]]
	[[ $output = *$'\nuser                        -\n'* ]]
	[ "$(tail -n +2 <<<"$output" | wc -l)" -eq \
	    "$("$HUPD_BUILD/tools/keys" | wc -l)" ]
	"$HUPCTL" -j list-keys | python3 -c '
import json, sys
keys = {k["name"]: k for k in json.load(sys.stdin)["keys"]}
assert keys["stop-timeout"] == {"name": "stop-timeout", "default": "10s",
    "live": True, "repeatable": False, "daemon": False, "program_only": False}
assert keys["log-dir"]["daemon"] and keys["command"]["program_only"]'
}

@test "cat prints the file, and what hupd.conf adds" {
	sed -i '/pass-environment/d' "$T/hupd.conf"
	setting 'env = A=1'
	setting 'stop-timeout = 3s'
	setting 'nice = 5'
	program web <<-'E'
	# Served to everybody: \"all\" of ü
	command = sleep 1000
	nice = 1
	env = B=2
	E
	where() {
		echo "# $T/hupd.conf:$(grep -n "^$1 = " "$T/hupd.conf" | cut -d: -f1)"
		grep "^$1 = " "$T/hupd.conf"
	}
	expected=$(echo "# $T/hupd.d/web.conf"
	    cat "$T/hupd.d/web.conf"
	    for key in env stop-timeout settle-time; do
		echo
		where "$key"
	    done)
	run -0 "$HUPCTL" -f "$T/hupd.conf" cat web
	diff <(echo "$expected") <(echo "$output")
	hupd_start
	run -0 ctl cat 'w*'
	diff <(echo "$expected") <(echo "$output")
	ctl -j cat web | python3 -c '
import json, sys
web, = json.load(sys.stdin)["programs"]
assert web["name"] == "web" and web["file"].endswith("/hupd.d/web.conf")
assert web["text"] == open(web["file"]).read()
assert web["inherited"][0]["key"] == "env"
assert web["inherited"][0]["value"] == "A=1"
assert web["inherited"][0]["line"] > 0'
	# An empty value resets the list.
	echo 'env =' >>"$T/hupd.d/web.conf"
	run -0 ctl cat web
	[[ $output != *A=1* ]]
	run -1 ctl cat web db
	[ "$output" = "hupctl: there is no file $T/hupd.d/db.conf" ]
}

@test "cat prints the template of an instance, and a part of a whole file" {
	program app@ <<<'command = sleep 1000'
	ln -s app@.conf "$T/hupd.d/app@1.conf"
	hupd_start
	run -0 ctl cat app@1
	[ "${lines[0]}" = "# $T/hupd.d/app@.conf" ]
	hupd_env "$HUPD" -nv -f "$T/hupd.conf" >"$T/whole"
	hupd_stop
	mv "$T/whole" "$T/hupd.conf"
	chmod 644 "$T/hupd.conf"
	run -0 "$HUPCTL" -f "$T/hupd.conf" cat app@1
	[ "${lines[0]}" = "# $T/hupd.conf" ]
	[[ $output = *'command = sleep 1000'* ]]
	run -1 "$HUPCTL" -f "$T/hupd.conf" cat app@2
}

@test "cat shows a file with a secret to its owner only" {
	needs_root
	hupd_start
	chmod 755 "$T/run"
	ctl add web env=SECRET=1 -- sleep 1000
	run -4 setpriv --reuid=nobody --regid="$(id -g nobody)" \
	    --clear-groups -- "$HUPCTL" -f "$T/hupd.conf" cat web
	[[ $output != *SECRET=1* ]]
}
