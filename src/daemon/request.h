/*
 * request - the requests of the control socket: what they mean, and what they
 * are answered.  line.h has the form of the lines.
 *
 * Requests, and the reply before its "end":
 *
 *	ping		pong pid= version= execs= [stopping=yes]
 *	version		version version= proto=
 *	status [cpu=yes] [details=yes] [others=yes] [NAME ...]
 *		others: the programs that are not named, too; the status of
 *		the answer is that of the named ones
 *		for each: program name= state= want= ready=(yes|no) pid=
 *			since= (ms in this state) uptime= (ms, if alive)
 *			started= (Unix time of the process, if alive)
 *			restarts= exit= (its last end in words, if it had one)
 *			code= or signal= or stage= (of that end: the exit
 *			status; the number of the signal; what of a start
 *			failed, "exec" or "env-file" say; none: unknown)
 *			ended= (Unix time) memory= (bytes, if alive)
 *			cpu= (ms, if alive and asked for)
 *			status= (its STATUS=) reason= (why it is in this state)
 *			waiting-for= (what outside of hupd it waits for)
 *			again= (ms until the restart, in state wait)
 *			autostart=(yes|no) conf= (file, if it has one)
 *			log= (file, if any)
 *			log-error= log-since= (why its output cannot be
 *			written, and since when, Unix time)
 *			sandbox-without= (keys that sandbox = try left out)
 *			warning= (a limit that cannot be set as configured)
 *		with details, for each of them:
 *			details name= command= (as in its file)
 *			events= (file of the event log)
 *			reload=(yes|no) (has it a reload action?)
 *			need of= name= state= ready=  for each dependency
 *		then	config generation= time= (Unix) source=(files|accepted)
 *			differs=(no|yes|rejected) programs= pid= started=
 *			applied= failed= rejected= (reloads of this process,
 *			counted since counting=, Unix time;
 *			failed: applied, but a program did not become ready)
 *			log-error= log-since= (the same of the event log)
 *		if a reload was rejected since the last accepted one:
 *			rejected time= count=  and the "error" lines of report.h
 *	events [n=N] [follow=yes] [NAME ...]
 *		the last N changes of the named programs, or of all, oldest
 *		first: event time= (ms since 1970) name= from= to= (states)
 *		event= reason=
 *		with follow: "following", and then further changes until the
 *		client goes; gap lost= (changes that it read too slowly for)
 *	names		known NAME  for each program
 *	wait [for=GOAL] [timeout=MS] NAME ...
 *		Until each program is at the goal (names.h; ready), or has
 *		failed, or the time is over: result and "tail" lines as for
 *		start.  Status 1 if one of them is not at the goal.
 *	where [all=yes] [NAME ...]
 *		paths log-dir= program-dir= config=
 *		for each: log name= path= (if it has a file) stderr=yes
 *			(it has another, see PLACES_ERROR_SUFFIX) log-error=
 *			log-since=, or log name= unknown= (the reason)
 *	start | stop | restart [all=yes] [wait=no] NAME ...
 *		first, for start and restart: pending [name=] how=
 *			the file of the program, or all files, say something
 *			else than what runs
 *		for each: result name= ok=(yes|no) state= how=
 *			and "tail" lines of report.h if it failed
 *	reload-program [wait=no] NAME ...	as start
 *	signal SIG NAME
 *	reload [wait=no]
 *		at once: waiting pid=
 *		The client then sends SIGHUP to that pid.  If it may not,
 *		the line "hup" makes the daemon do so.  The verdict of the
 *		first reload that begins after "waiting" follows as the lines
 *		of report.h, status 0, 1 or 6.  After the line "enough" the
 *		report ends early, with the "pending" lines of
 *		the programs without an outcome, status 0; or 1 if the
 *		reload has not begun.
 *	plan [as=NAME file=PATH [text=TEXT] ...]
 *		What would a reload do?  TEXT stands in for the file of the
 *		program or template NAME; without one, there is no such file.
 *		An empty one of an instance means its template.  PATH is where
 *		diagnostics say that it comes from, and is not opened.
 *		Status 0: the "report", "change", "deferred" and "chain"
 *		lines of report.h that a reload would begin with, its
 *		"warning" lines, and environment path= (PATH of programs that
 *		do not set it).
 *		Status 6: its "error" lines.  Nothing is changed.
 *		The environment files of a TEXT are opened for root and the
 *		daemon's own user only.
 *	reopen		a "logerror" line of report.h for each log that cannot
 *			be written, and status 1 if there is any; 1 as well if
 *			the log process does not reopen the files in time
 *	reexec		"executing", and then the connection ends.  The next
 *			daemon answers on the same socket, with another
 *			execs= in its pong.  Or: failed how=
 *
 *	shutdown	stopping pid= limit= (ms, the longest time that the
 *			programs may take)
 *
 * A client may close the connection at any time: the request continues.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include "daemon/answer.h"
#include "daemon/state.h"

/* A control_handler; arg: struct daemon. */
void request_handle(void *arg, struct answer *, const struct line *);

/* Put the "program" line; cpu: with the processor time. */
void request_put_program(struct line_text *, const struct program *,
    const char *log_dir, bool cpu);

#endif
