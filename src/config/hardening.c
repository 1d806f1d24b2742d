/*
 * hardening - the keys of the sandbox: what they hold, and their kinds of
 * value.
 */
#include <linux/capability.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "config/hardening.h"

#define BIT(capability) (UINT64_C(1) << CAP_##capability)

/* All bits, those of names that this release does not know as well. */
#define ALL UINT64_MAX
/* The last bit is never one of a name. */
#define IS_INVERSE(mask) ((mask) >> 63 != 0)

const char *const hardening_mode_words[] = {
    [HARDENING_ENFORCE] = "enforce",
    [HARDENING_TRY] = "try",
    [HARDENING_OFF] = "off",
    NULL,
};
const char *const hardening_system_words[] = {
    [SYSTEM_NO] = "no",
    [SYSTEM_YES] = "yes",
    [SYSTEM_FULL] = "full",
    [SYSTEM_STRICT] = "strict",
    NULL,
};
const char *const hardening_home_words[] = {
    [HOME_NO] = "no",
    [HOME_YES] = "yes",
    [HOME_READ_ONLY] = "read-only",
    [HOME_TMPFS] = "tmpfs",
    NULL,
};
const char *const hardening_proc_words[] = {
    [PROC_DEFAULT] = "default",
    [PROC_NOACCESS] = "noaccess",
    [PROC_INVISIBLE] = "invisible",
    [PROC_PTRACEABLE] = "ptraceable",
    NULL,
};
const char *const hardening_capabilities[] = {"CAP_CHOWN", "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
    "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK",
    "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT",
    "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG",
    "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON",
    "CAP_BPF", "CAP_CHECKPOINT_RESTORE", NULL};
const char *const hardening_families[] = {"", "AF_UNIX", "AF_INET", "AF_AX25",
    "AF_IPX", "AF_APPLETALK", "AF_NETROM", "AF_BRIDGE", "AF_ATMPVC", "AF_X25",
    "AF_INET6", "AF_ROSE", "AF_DECnet", "AF_NETBEUI", "AF_SECURITY", "AF_KEY",
    "AF_NETLINK", "AF_PACKET", "AF_ASH", "AF_ECONET", "AF_ATMSVC", "AF_RDS",
    "AF_SNA", "AF_IRDA", "AF_PPPOX", "AF_WANPIPE", "AF_LLC", "AF_IB", "AF_MPLS",
    "AF_CAN", "AF_TIPC", "AF_BLUETOOTH", "AF_IUCV", "AF_RXRPC", "AF_ISDN",
    "AF_PHONET", "AF_IEEE802154", "AF_CAIF", "AF_ALG", "AF_NFC", "AF_VSOCK",
    "AF_KCM", "AF_QIPCRTR", "AF_SMC", "AF_XDP", "AF_MCTP", NULL};
const char *const hardening_namespace_words[] = {"cgroup", "ipc", "net", "mnt",
    "pid", "user", "uts", "time", NULL};
const char *const hardening_architecture_words[] = {"native", "x86", "x86-64",
    "x32", "arm", "arm64", "mips", "mips-le", "mips64", "mips64-le",
    "mips64-n32", "mips64-le-n32", "ppc", "ppc64", "ppc64-le", "riscv64",
    "s390", "s390x", "parisc", "parisc64", NULL};

struct hardening *
hardening_new(void)
{
	return calloc(1, sizeof(struct hardening));
}

void
hardening_free(struct hardening *h)
{
	if (h == NULL)
		return;
	free(h->read_only);
	free(h->read_write);
	free(h->inaccessible);
	free(h->root);
	free(h);
}

bool
hardening_is_on(const struct hardening *h)
{
	return h != NULL && h->mode != HARDENING_OFF;
}

const char *
hardening_taken_by(const struct hardening *h, unsigned capability)
{
	const uint64_t bit = UINT64_C(1) << capability;

	const struct {
		const char *key;
		bool is_set;
		uint64_t takes;
	} keys[] = {
	    {"capability-bounding-set", true, h->bounding_without},
	    {"private-devices", h->devices, BIT(MKNOD) | BIT(SYS_RAWIO)},
	    {"protect-kernel-modules", h->modules, BIT(SYS_MODULE)},
	    {"protect-kernel-logs", h->kernel_logs, BIT(SYSLOG)},
	    {"protect-clock", h->clock, BIT(SYS_TIME) | BIT(WAKE_ALARM)},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].is_set && (keys[i].takes & bit) != 0)
			return keys[i].key;
	return NULL;
}

uint64_t
hardening_taken(const struct hardening *h)
{
	uint64_t taken = h->bounding_without;

	for (unsigned i = 0; hardening_capabilities[i] != NULL; i++)
		if (hardening_taken_by(h, i) != NULL)
			taken |= UINT64_C(1) << i;
	return taken;
}

/* Sets of names. */

/* The bit of the name, -1 and the reason. */
static int
find_bit(const struct value *value, const char *name, uint64_t *bit, char *why)
{
	const char *near;

	for (size_t i = 0; value->words[i] != NULL; i++)
		if (*value->words[i] != '\0' &&
		    strcasecmp(value->words[i], name) == 0) {
			*bit = UINT64_C(1) << i;
			return 0;
		}
	if (value->words == hardening_families &&
	    strcasecmp(name, "AF_LOCAL") == 0)
		return find_bit(value, "AF_UNIX", bit, why);
	near = text_near(name, value->words, NULL);
	return value_refuse(why, "\"%.40s\" is not %s%s%s%s", name, value->also,
	    near == NULL || *near == '\0' ? "" : "; did you mean ",
	    near == NULL ? "" : near, near == NULL || *near == '\0' ? "" : "?");
}

/* The bits of the names, which blanks or commas separate. */
static int
read_names(const struct value *value, const char *text, uint64_t *mask,
    char *why)
{
	char name[48];
	uint64_t bit = 0;
	size_t len;

	*mask = 0;
	while (*(text += strspn(text, " \t,")) != '\0') {
		len = strcspn(text, " \t,");
		snprintf(name, sizeof(name), "%.*s", (int)len, text);
		if (find_bit(value, name, &bit, why) == -1)
			return -1;
		*mask |= bit;
		text += len;
	}
	if (*mask == 0)
		return value_refuse(why,
		    "no name is given; the empty set is "
		    "\"none\"");
	return 0;
}

static void
print_names(const struct value *value, uint64_t mask, FILE *f)
{
	const char *blank = "";

	for (size_t i = 0; value->words[i] != NULL; i++)
		if ((mask >> i & 1) != 0) {
			fprintf(f, "%s%s", blank, value->words[i]);
			blank = " ";
		}
}

/* The first line sets the members; each further one adds or removes some. */
static int
granted_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	uint64_t *at = field, mask;
	const bool without = *text == '~';

	if (strcmp(text + without, "none") == 0) {
		*at = without ? ALL : 0;
		return 0;
	}
	if (read_names(value, text + without, &mask, why) == -1)
		return -1;
	if (!without)
		*at |= mask;
	else
		*at = *at == 0 ? ~mask : *at & ~mask;
	return 0;
}

static void
print_set(const struct value *value, const char *key, uint64_t members, FILE *f)
{
	const uint64_t named = IS_INVERSE(members) ? ~members : members;

	fprintf(f, "%s = %s%s", key, IS_INVERSE(members) ? "~" : "",
	    named == 0 ? "none" : "");
	print_names(value, named, f);
	fprintf(f, "\n");
}

static int
granted_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	const uint64_t *members = field;

	print_set(value, key, *members, f);
	return 0;
}

static const struct value_store store_mask = {.size = sizeof(uint64_t)};
const struct value_kind hardening_granted = {&store_mask, granted_parse,
    granted_print};

static int
denied_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	uint64_t *at = field, mask;
	const bool without = *text == '~';

	if (strcmp(text + without, "none") == 0) {
		*at = without ? 0 : ALL;
		return 0;
	}
	if (read_names(value, text + without, &mask, why) == -1)
		return -1;
	if (without)
		*at |= mask;
	else
		*at = *at == 0 ? ~mask : *at & ~mask;
	return 0;
}

static int
denied_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	const uint64_t *denied = field;

	print_set(value, key, ~*denied, f);
	return 0;
}

const struct value_kind hardening_denied = {&store_mask, denied_parse,
    denied_print};

/* "yes" denies every namespace, "no" none. */
static int
namespaces_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	uint64_t *at = field;

	if (strcmp(text, "yes") == 0)
		*at = ALL;
	else if (strcmp(text, "no") == 0)
		*at = 0;
	else
		return denied_parse(field, value, text, why);
	return 0;
}

static int
namespaces_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	const uint64_t *denied = field;

	if (*denied != ALL && *denied != 0)
		return denied_print(field, value, key, f);
	return value_put(key, *denied == 0 ? "no" : "yes", f);
}

const struct value_kind hardening_namespaces = {&store_mask, namespaces_parse,
    namespaces_print};
