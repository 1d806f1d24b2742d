/*
 * control - the socket by which hupctl asks and acts: peer credentials,
 * framing, dispatch.
 *
 * Root, the daemon's own user and members of control-group may connect
 * (SO_PEERCRED); anyone else gets "end 4" and is cut off.  Every bound is
 * small and fixed: clients, request size, bytes that a client has not read,
 * time to send a request.  Form of the lines: line.h.
 *
 * Requests and what comes before "end":
 *
 *	ping		pong pid= version= execs=
 *	version		version version= proto=
 *	status [cpu=yes] [details=yes] [NAME ...]
 *		for each: program name= state= want= ready=(yes|no) pid=
 *			since= (ms in this state) uptime= (ms, if alive)
 *			started= (Unix time of the process, if alive)
 *			restarts= exit= (text, absent before the first end)
 *			code= or signal= (that of it, where it is known)
 *			ended= (Unix time) memory= (bytes, if alive)
 *			cpu= (ms, if alive and asked for)
 *			status= (its STATUS=) reason= (why in this state)
 *			again= (ms until its restart, if that waits)
 *			conf= (file, if it has one) log= (file, if any)
 *		and with details for each that was named:
 *			details name= command= (as in its file)
 *			events= (file of the event log)
 *			need of= name= state= ready=  for each dependency
 *		then	config generation= time= (Unix) source=(files|accepted)
 *			differs=(no|yes|rejected) programs= pid= started=
 *			applied= failed= rejected= (reloads of this process,
 *			counted since counting=, Unix time;
 *			failed: applied, but a program did not become ready)
 *		if there was one since the last accepted reload:
 *			rejected time= count=  and its "error" lines of report.h
 *	where [NAME]	paths log-dir= program-dir= config= log=
 *	dump		digest name= env=  for each program with env files:
 *			a number that changes with their contents
 *			rests name=  for each program that is not to run
 *			text line=  for each line of the canonical form of
 *			what runs
 *	start | stop | restart [all=yes] [wait=no] NAME ...
 *		for each: result name= ok=(yes|no) state= how=
 *			and "tail" lines of report.h where it failed
 *	reload-program [wait=no] NAME ...	likewise
 *	signal SIG NAME
 *	reload [wait=no]
 *		at once: waiting pid=
 *		The client then sends SIGHUP to that pid, or, if it may not,
 *		the line "hup" to have the daemon do so.  The verdict of the
 *		first reload that begins after "waiting" follows as the lines
 *		of report.h, status 0, 1 or 6.
 *	plan [as=NAME file=PATH text=TEXT ...]
 *		What would a reload do?  TEXT stands in for the file of the
 *		program or template NAME; PATH is where diagnostics say that
 *		it comes from, and is not opened.  Status 0: the "report",
 *		"change" and "deferred" lines of report.h that a reload would
 *		begin with.  Status 6: its "error" lines.  Nothing is changed.
 *		The environment files of a TEXT are opened for root and the
 *		daemon's own user only.
 *	reopen		(nothing)
 *	reexec		"executing", and then the connection ends: the daemon
 *			that answers next on the same socket, with another
 *			execs= in its pong, has followed.  Or: failed how=
 *
 * A client may end the connection at any time: what it asked for goes on.
 *
 * Layer 3.
 */
#ifndef CONTROL_H
#define CONTROL_H

struct control;
struct daemon;

/*
 * Listen at path, or go on with the socket inherited there, if it is not -1.
 * NULL with errno.
 */
struct control *control_open(struct daemon *, const char *path, int inherited);
/* The listening socket. */
int control_fd(const struct control *);
/*
 * This program is about to be replaced: tell every client whose request would
 * be lost with it, and send what is to be sent.
 */
void control_hand_over(struct control *);
/* The group whose members may connect, by name; NULL: none. */
void control_set_group(struct control *, const char *group);
/* Tell every waiting client that the daemon ends, and remove the socket. */
void control_close(struct control *);

#endif
