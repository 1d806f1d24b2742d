/*
 * options - where the sanitizers report for processes that have neither an
 * environment nor a standard error, as the log process.
 */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

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
