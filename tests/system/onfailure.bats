#!/usr/bin/env bats
# The recipes of examples/on-failure, each with a program that fails, its last
# lines odd ones, and somebody who gets the message.

load helper

# recipe NAME ARGUMENT ...: a program that fails and reports by that recipe.
recipe() {
	mkdir -p "$T/bin"
	cat >"$T/shop" <<-'E'
	echo first
	printf 'say "no" to C:\\temp \033[1m\377\n'
	echo last ä
	exit 75
	E
	program shop <<-E
	command = sh "$T/shop"
	restart = never
	env = PATH=$T/bin:$PATH
	on-failure-command = "$TOP/examples/on-failure/$1" ${*:2}
	E
}

# fake COMMAND: it keeps its arguments and its input.
fake() {
	mkdir -p "$T/bin"
	printf '#!/bin/sh\necho "$@" >"%s/arguments"\ncat >"%s/input"; : >"%s/done"\n' \
	    "$T" "$T" "$T" >"$T/bin/$1"
	chmod 755 "$T/bin/$1"
}

@test "a failure is mailed" {
	fake sendmail
	recipe mail admin@example.org
	hupd_start
	wait_for 10 test -e "$T/done"
	[ "$(cat "$T/arguments")" = "-i -- admin@example.org" ]
	# A header ends at an empty line.
	[ "$(sed '/^$/q' "$T/input")" = "Subject: shop: exited, status 75
To: admin@example.org
Content-Type: text/plain; charset=utf-8" ]
	grep -qx "shop is failed now on $(uname -n)\." "$T/input"
	[ "$(tail -n 1 "$T/input")" = "last ä" ]
}

@test "a failure goes to syslog" {
	needs_commands logger python3
	mkdir -p "$T/bin"
	printf '#!/bin/sh\nexec %s --socket "%s" "$@"\n' \
	    "$(command -v logger)" "$T/devlog" >"$T/bin/logger"
	chmod 755 "$T/bin/logger"
	cat >"$T/server" <<-'E'
	import os, socket, sys
	log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	log.bind(sys.argv[1])
	os.write(3, b"\n")
	while True:
	    with open(sys.argv[2], "ab") as file:
	        file.write(log.recv(8192) + b"\n")
	E
	ready syslogd
	change syslogd "command = python3 \"$T/server\" \"$T/devlog\" \"$T/input\""
	recipe syslog
	echo 'depends-on = syslogd' >>"$T/hupd.d/shop.conf"
	hupd_start
	wait_for 10 grep -qs 'shop: last ' "$T/input"
	# The facility is daemon, the priority err.
	grep -qa '^<27>.* shop: failed: exited, status 75$' "$T/input"
}

@test "a failure is posted to a webhook" {
	local port
	needs_commands curl iconv python3
	port=$(free_port)
	echo "url = \"http://127.0.0.1:$port/hooks/xxx\"" >"$T/webhook"
	cat >"$T/server" <<-'E'
	import http.server, json, sys

	class Hook(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        body = self.rfile.read(int(self.headers["Content-Length"]))
	        text = json.loads(body.decode())["text"].split("\n")
	        assert self.path == "/hooks/xxx", self.path
	        assert text[0].startswith("shop is failed now on "), text
	        assert text[0].endswith(": exited, status 75"), text
	        assert text[1] == "first", text
	        assert text[2].startswith('say "no" to C:\\temp'), text
	        assert text[3] == "last ä", text
	        self.send_response(200)
	        self.end_headers()
	        open(sys.argv[2], "w").close()

	http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Hook).serve_forever()
	E
	program hook <<-E
	command = python3 "$T/server" $port "$T/done"
	ready = started
	settle-time = 0
	E
	hupd_start
	is_listening() {
		(: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
	}
	wait_for 10 is_listening
	recipe webhook "$T/webhook"
	# It may fail before the reload ends, or after it.
	ctl reload || [ $? -eq 1 ]
	wait_for 10 test -e "$T/done"
}
