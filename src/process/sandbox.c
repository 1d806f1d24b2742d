/*
 * sandbox - the restrictions of a program: compiled from its definition, and
 * entered by its process before it executes the program.
 */
#include <sys/prctl.h>

#include <linux/capability.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_LIBCAP
#include <sys/capability.h>
#endif

#include "process/filter.h"
#include "process/probe.h"
#include "process/sandbox.h"

#define BIT(n) (UINT64_C(1) << (n))

struct sandbox {
	uint64_t bounding_without;
	uint64_t ambient;
	struct filter *filter;	       /* NULL: none */
	enum hardening_key filter_key; /* a key that needs it */
#ifdef HAVE_LIBCAP
	cap_t capabilities; /* of the process; NULL: not changed */
#endif
};

/* The needs of a key that has another value than the default. */
struct need {
	enum hardening_key key;
	bool is_given;
	unsigned abilities; /* bit N: ability N */
};

/* Write the keys that restrict something.  Returns how many. */
static size_t
list_needs(const struct hardening *h, struct need needs[HARDENING_KEYS])
{
	const struct need all[] = {
	    {HARDENING_BOUNDING, h->bounding_without != 0, 1 << PROBE_BOUNDING},
	    {HARDENING_AMBIENT, h->ambient != 0, 1 << PROBE_AMBIENT},
	    {HARDENING_WRITE_EXECUTE, h->write_execute, 1 << PROBE_SECCOMP},
	    {HARDENING_FAMILIES, h->families_denied != 0, 1 << PROBE_SECCOMP},
	    {HARDENING_NAMESPACES, h->namespaces_denied != 0,
		1 << PROBE_SECCOMP},
	    {HARDENING_REALTIME, h->realtime, 1 << PROBE_SECCOMP},
	    {HARDENING_SUID_SGID, h->suid_sgid, 1 << PROBE_SECCOMP},
	    {HARDENING_PERSONALITY, h->personality, 1 << PROBE_SECCOMP},
	    {HARDENING_ARCHITECTURES, h->architectures != 0,
		1 << PROBE_SECCOMP},
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].is_given)
			needs[n++] = all[i];
	return n;
}

/* Why the key is not possible, or NULL. */
static const char *
lack_of(const struct need *need)
{
	const char *why = NULL;

	for (unsigned i = 0; why == NULL && i < PROBE_ABILITIES; i++)
		if ((need->abilities >> i & 1) != 0)
			why = probe_lacks((enum probe_ability)i);
	return why;
}

/* A daemon can only give what it has. */
static int
check_ambient(const struct hardening *h, struct sandbox_error *error)
{
	const uint64_t lacking = h->ambient & ~probe_capabilities();

	for (size_t i = 0; hardening_capabilities[i] != NULL; i++) {
		if ((lacking & BIT(i)) == 0)
			continue;
		error->key = HARDENING_AMBIENT;
		snprintf(error->why, sizeof(error->why),
		    "%s is not possible: the daemon does not have it",
		    hardening_capabilities[i]);
		return -1;
	}
	return 0;
}

static int
check_needs(const struct hardening *h, struct sandbox_error *error)
{
	struct need needs[HARDENING_KEYS];
	size_t n = list_needs(h, needs);
	const char *why;

	for (size_t i = 0; i < n; i++) {
		if ((why = lack_of(&needs[i])) == NULL)
			continue;
		error->key = needs[i].key;
		strlcpy(error->why, why, sizeof(error->why));
		return -1;
	}
	return check_ambient(h, error);
}

static struct filter_rules
rules_of(const struct hardening *h)
{
	struct filter_rules rules;

	/* Rules are compared as memory. */
	memset(&rules, 0, sizeof(rules));
	rules.families = h->families_denied;
	rules.namespaces = h->namespaces_denied;
	rules.architectures = h->architectures;
	rules.write_execute = h->write_execute;
	rules.realtime = h->realtime;
	rules.suid_sgid = h->suid_sgid;
	rules.personality = h->personality;
	return rules;
}

/* The first key that needs a filter, or HARDENING_KEYS. */
static enum hardening_key
find_filter_key(const struct hardening *h)
{
	struct need needs[HARDENING_KEYS];
	const size_t n = list_needs(h, needs);

	for (size_t i = 0; i < n; i++)
		if ((needs[i].abilities >> PROBE_SECCOMP & 1) != 0)
			return needs[i].key;
	return HARDENING_KEYS;
}

static int
fail(struct sandbox_error *error, enum hardening_key key)
{
	error->key = key;
	strlcpy(error->why, strerror(errno), sizeof(error->why));
	return -1;
}

static int
add_filter(struct sandbox *s, const struct hardening *h,
    struct sandbox_error *error)
{
	struct filter_rules rules = rules_of(h);

	s->filter_key = find_filter_key(h);
	if (s->filter_key == HARDENING_KEYS)
		return 0;
	s->filter = filter_get(&rules);
	return s->filter == NULL ? fail(error, s->filter_key) : 0;
}

#ifdef HAVE_LIBCAP
/* Those of a program with a user of its own are the ambient ones. */
static int
add_capabilities(struct sandbox *s, const struct definition *conf,
    struct sandbox_error *error)
{
	const bool is_root =
	    conf->uid == 0 || (conf->uid == (uid_t)-1 && geteuid() == 0);

	if (s->ambient == 0)
		return 0;
	s->capabilities = is_root ? cap_get_proc() : cap_init();
	if (s->capabilities == NULL)
		return fail(error, HARDENING_AMBIENT);
	for (cap_value_t c = 0; c < cap_max_bits(); c++) {
		if ((s->ambient & BIT(c)) == 0)
			continue;
		if (cap_set_flag(s->capabilities, CAP_PERMITTED, 1, &c,
			CAP_SET) == -1 ||
		    cap_set_flag(s->capabilities, CAP_EFFECTIVE, 1, &c,
			CAP_SET) == -1 ||
		    cap_set_flag(s->capabilities, CAP_INHERITABLE, 1, &c,
			CAP_SET) == -1)
			return fail(error, HARDENING_AMBIENT);
	}
	return 0;
}
#else
static int
add_capabilities(struct sandbox *s, const struct definition *conf,
    struct sandbox_error *error)
{
	(void)s;
	(void)conf;
	(void)error;
	return 0;
}
#endif

int
sandbox_new(const struct definition *conf, struct sandbox **sandbox,
    struct sandbox_error *error)
{
	const struct hardening *h = conf->hardening;
	struct sandbox *s;

	*sandbox = NULL;
	if (!hardening_is_on(h))
		return 0;
	if (check_needs(h, error) == -1)
		return -1;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return fail(error, HARDENING_SANDBOX);
	s->bounding_without = hardening_taken(h);
	s->ambient = h->ambient;
	if (add_filter(s, h, error) == -1 ||
	    add_capabilities(s, conf, error) == -1) {
		sandbox_free(s);
		return -1;
	}
	*sandbox = s;
	return 0;
}

int
sandbox_check(const struct definition *conf, struct sandbox_error *error)
{
	struct sandbox *s;

	if (sandbox_new(conf, &s, error) == -1)
		return -1;
	sandbox_free(s);
	return 0;
}

void
sandbox_free(struct sandbox *s)
{
	if (s == NULL)
		return;
	filter_release(s->filter);
#ifdef HAVE_LIBCAP
	if (s->capabilities != NULL)
		cap_free(s->capabilities);
#endif
	free(s);
}

/*
 * The rest runs in the child.
 */

/* -1, as errno says. */
static int
stop(struct sandbox_failure *failure, enum hardening_key key, const char *path)
{
	failure->key = key;
	strlcpy(failure->path, path, sizeof(failure->path));
	return -1;
}

#ifdef HAVE_LIBCAP
static int
reduce_bounding(const struct sandbox *s, struct sandbox_failure *failure)
{
	if (s->bounding_without == 0)
		return 0;
	for (cap_value_t c = 0; c < cap_max_bits(); c++)
		if ((s->bounding_without & BIT(c)) != 0 &&
		    cap_drop_bound(c) == -1)
			return stop(failure, HARDENING_BOUNDING, "");
	return 0;
}

static int
give_ambient(const struct sandbox *s, struct sandbox_failure *failure)
{
	if (s->capabilities == NULL)
		return 0;
	if (cap_set_proc(s->capabilities) == -1)
		return stop(failure, HARDENING_AMBIENT, "");
	for (cap_value_t c = 0; c < cap_max_bits(); c++)
		if ((s->ambient & BIT(c)) != 0 &&
		    cap_set_ambient(c, CAP_SET) == -1)
			return stop(failure, HARDENING_AMBIENT, "");
	return 0;
}
#else
static int
reduce_bounding(const struct sandbox *s, struct sandbox_failure *failure)
{
	(void)s;
	(void)failure;
	return 0;
}

static int
give_ambient(const struct sandbox *s, struct sandbox_failure *failure)
{
	(void)s;
	(void)failure;
	return 0;
}
#endif

int
sandbox_enter(const struct sandbox *s, struct sandbox_failure *failure)
{
	if (reduce_bounding(s, failure) == -1)
		return -1;
	/* Capabilities survive the change of ids; execve(2) ends that. */
	if (s->ambient != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
		return stop(failure, HARDENING_AMBIENT, "");
	return 0;
}

int
sandbox_become(const struct sandbox *s, struct sandbox_failure *failure)
{
	return give_ambient(s, failure);
}

int
sandbox_seal(const struct sandbox *s, struct sandbox_failure *failure)
{
	if (s->filter != NULL && filter_apply(s->filter) == -1)
		return stop(failure, s->filter_key, "");
	return 0;
}
