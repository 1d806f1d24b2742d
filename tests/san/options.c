/*
 * options - where the sanitizers report for processes that have neither an
 * environment nor a standard error, as the log process; and what is known of
 * libraries.
 */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
const char *__lsan_default_options(void);
const char *__lsan_default_suppressions(void);

const char *
__asan_default_options(void)
{
	return "log_path=" REPORTS "/report";
}

const char *
__ubsan_default_options(void)
{
	return "print_stacktrace=1:log_path=" REPORTS "/report";
}

/* A newterm(3X) that fails leaves something behind. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:new_prescr\n";
}

/* That it did is no report. */
const char *
__lsan_default_options(void)
{
	return "print_suppressions=0";
}
